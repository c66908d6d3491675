package io.silverback.server.storage.pages;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.FloatSeries;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.collections.IntArrayList;

/**
 * The series of one group that a query asks for, family by family, with the column that each has in
 * each of the group's shapes. Only the families of one name are decoded at a time. Not thread-safe.
 */
public final class SeriesWalk {
  /** An order and not a hash, as the names are those of clients. */
  private static final Comparator<FloatSeries> BY_NAME =
      Comparator.comparing(FloatSeries::name).thenComparing(FloatSeries::labels);

  private final GroupingKey key;
  private final HistoryQuery query;
  private final PriorityQueue<Positioned> waiting =
      new PriorityQueue<>(Comparator.comparing(Positioned::name));
  private FamilyMetadata family = FamilyMetadata.unknown("");

  /** A shape with a family that has a metric as the current one, its number, and that name. */
  private record Positioned(int number, ShapeReader shape, String name) {}

  /**
   * Where a series is: pairs of the number of a shape and of a column in it, in the order of the
   * shapes.
   */
  public record Columns(IntArrayList pairs) {
    int count() {
      return pairs.size() / 2;
    }

    /** True if the series is in the shape of that number. */
    public boolean isIn(int shape) {
      for (int i = 0; i < count(); i++) {
        if (shape(i) == shape) {
          return true;
        }
      }
      return false;
    }

    int shape(int index) {
      return pairs.getInt(2 * index);
    }

    int column(int index) {
      return pairs.getInt(2 * index + 1);
    }

    /** A series that a shape has twice, as it may unchecked, is the later one of the two. */
    private void put(int shape, int column) {
      if (count() > 0 && shape(count() - 1) == shape) {
        pairs.setInt(pairs.size() - 1, column);
      } else {
        pairs.addInt(shape);
        pairs.addInt(column);
      }
    }
  }

  /** Starts before the first family of these shapes, which are numbered by their place. */
  public SeriesWalk(
      GroupingKey key, List<Fingerprint> shapes, ShapeTable table, HistoryQuery query) {
    this.key = key;
    this.query = query;
    for (int i = 0; i < shapes.size(); i++) {
      if (!shapes.get(i).equals(Fingerprint.NONE)) {
        goOn(i, table.reader(shapes.get(i)));
      }
    }
  }

  /** True if there is another family. */
  public boolean hasNext() {
    return !waiting.isEmpty();
  }

  /** What the last shape that has it says of the family whose series came last. */
  public FamilyMetadata family() {
    return family;
  }

  /** The series of the next family that are asked for. */
  public SortedMap<FloatSeries, Columns> next() {
    var current = new ArrayList<Positioned>();
    String name = waiting.element().name();
    family = FamilyMetadata.unknown(name);
    while (!waiting.isEmpty() && waiting.element().name().equals(name)) {
      current.add(waiting.remove());
    }
    var series = new TreeMap<FloatSeries, Columns>(BY_NAME);
    if (query.mayMatchFamily(name)) {
      current.sort(Comparator.comparingInt(Positioned::number));
      current.forEach(positioned -> addSeries(positioned, series));
    }
    current.forEach(positioned -> goOn(positioned.number(), positioned.shape()));
    return series;
  }

  private void addSeries(Positioned positioned, SortedMap<FloatSeries, Columns> found) {
    FamilyShape shape = positioned.shape().family();
    family = new FamilyMetadata(shape.name(), shape.type(), shape.help(), shape.unit());
    List<FloatSeries> series = shape.series(key);
    for (int i = 0; i < series.size(); i++) {
      FloatSeries one = series.get(i);
      if (query.matches(one.name(), one.labels())) {
        found
            .computeIfAbsent(one, _ -> new Columns(new IntArrayList()))
            .put(positioned.number(), shape.firstColumn() + i);
      }
    }
  }

  private void goOn(int number, ShapeReader shape) {
    while (shape.nextFamily()) {
      if (shape.metricCount() > 0) {
        waiting.add(new Positioned(number, shape, shape.name()));
        return;
      }
    }
  }
}
