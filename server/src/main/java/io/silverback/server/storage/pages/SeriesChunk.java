package io.silverback.server.storage.pages;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.row.FloatSeries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.LongArrayList;

/**
 * Some series of a group whose samples are gathered together, and in which columns of which shapes
 * they are. Made to be filled again and again; not thread-safe.
 */
public final class SeriesChunk {
  /** The names and labels of that many are held at once. */
  private static final int MOST_SERIES = 2048;

  /** Many only where the shape of the group changes all the time. */
  private static final int MOST_COLUMNS = 64 * MOST_SERIES;

  private final int mostSeries;
  private final List<FamilyMetadata> families = new ArrayList<>();
  private final List<FloatSeries> series = new ArrayList<>();
  private final List<LongArrayList> columnsOfShapes = new ArrayList<>();
  private int columns;

  /**
   * An empty chunk.
   *
   * @param shapes how many the group has
   * @param mostSeries for whose samples there is memory
   */
  public SeriesChunk(int shapes, long mostSeries) {
    this.mostSeries = Math.clamp(mostSeries, 1, MOST_SERIES);
    for (int i = 0; i < shapes; i++) {
      columnsOfShapes.add(new LongArrayList());
    }
  }

  public void add(FamilyMetadata family, FloatSeries one, SeriesWalk.Columns places) {
    for (int i = 0; i < places.count(); i++) {
      long wanted = BlockReader.wanted(places.column(i), series.size());
      columnsOfShapes.get(places.shape(i)).addLong(wanted);
    }
    columns += places.count();
    families.add(family);
    series.add(one);
  }

  public boolean isFull() {
    return series.size() >= mostSeries || columns >= MOST_COLUMNS;
  }

  public void clear() {
    families.clear();
    series.clear();
    columnsOfShapes.forEach(LongArrayList::clear);
    columns = 0;
  }

  public int size() {
    return series.size();
  }

  public FamilyMetadata family(int number) {
    return families.get(number);
  }

  public FloatSeries series(int number) {
    return series.get(number);
  }

  /** What {@link BlockReader#wanted} makes of the columns in a shape, in their order. */
  public long[] wanted(int shape) {
    long[] wanted = columnsOfShapes.get(shape).toLongArray();
    Arrays.sort(wanted);
    return wanted;
  }
}
