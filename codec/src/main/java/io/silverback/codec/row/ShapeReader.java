package io.silverback.codec.row;

import static io.silverback.codec.row.ShapeLayout.*;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import org.agrona.DirectBuffer;

/**
 * Walks over an encoded shape family by family, in the order of their names, and decodes only what
 * is asked for.
 *
 * <p>Borrows the bytes, and keeps the label sets that it decoded, since families share them. Not
 * thread-safe. Whatever the bytes are, it throws {@link CorruptFrameException} at the worst, and
 * takes time and memory in proportion to them; but only after {@link #verify} are they known to be
 * what was written.
 */
public final class ShapeReader {
  private final DirectBuffer buffer;
  private final int offset;
  private final int length;
  private final FrameInput in;
  private final ShapeTexts texts;
  private final ShapeTables tables;

  private final Fingerprint fingerprint;
  private final int shapeColumnCount;
  private final int familyCount;
  private final int familiesEnd;

  private int familiesRead;
  private int nextPosition;
  private int metricsPosition;
  private int name;
  private int help;
  private int unit;
  private MetricType type = MetricType.UNTYPED;
  private int metricCount;
  private int columnCount;
  private int firstMetric;
  private int firstColumn;

  /**
   * A reader before the first family of a shape that fills a region.
   *
   * @throws CorruptFrameException if the region cannot hold one
   */
  public ShapeReader(Symbols symbols, DirectBuffer buffer, int offset, int length) {
    int end = length - FrameChecksum.CHECKSUM_LENGTH;
    if (end < SYMBOLS_OFFSET) {
      throw new CorruptFrameException("shape is cut off: length=" + length);
    }
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    in = new FrameInput(buffer, offset, end);
    if (in.u8() != FORMAT || in.u8() != VERSION) {
      throw in.fault("not a shape of this version");
    }
    fingerprint = in.fingerprint();
    shapeColumnCount = in.u32();
    familyCount = in.u32();
    familiesEnd = in.u32();
    int layoutsStart = in.u32();
    int symbolCount = in.u32();
    in.skip((long) symbolCount * Long.BYTES);
    nextPosition = in.position();
    if (familiesEnd < nextPosition
        || layoutsStart < familiesEnd
        || shapeColumnCount > GroupShape.MAX_COLUMNS
        || familyCount > (familiesEnd - nextPosition) / LEAST_FAMILY_LENGTH) {
      throw in.fault("numbers in the header do not fit");
    }
    texts = new ShapeTexts(symbols, buffer, offset + SYMBOLS_OFFSET, symbolCount);
    tables = new ShapeTables(texts, new FrameInput(buffer, offset, end), familiesEnd, layoutsStart);
  }

  /**
   * Checks the checksum over all bytes.
   *
   * @throws CorruptFrameException if it does not match
   */
  public void verify() {
    FrameChecksum.verify(buffer, offset, length);
  }

  public Fingerprint fingerprint() {
    return fingerprint;
  }

  /** How many symbols the shape acquired, each once: as often is each to be released. */
  public int symbolCount() {
    return texts.count();
  }

  public long symbolId(int index) {
    return texts.id(index);
  }

  /** Goes to the next family; false if there is none. */
  public boolean nextFamily() {
    firstMetric += metricCount;
    firstColumn += columnCount;
    metricCount = 0;
    columnCount = 0;
    if (familiesRead == familyCount) {
      if (nextPosition != familiesEnd || firstColumn != shapeColumnCount) {
        throw in.fault("families do not add up");
      }
      return false;
    }
    in.position(nextPosition);
    int familyLength = in.u32();
    if (familyLength > familiesEnd - in.position()) {
      throw in.fault("family is cut off");
    }
    nextPosition = in.position() + familyLength;
    name = in.index(texts.count() + 1);
    help = in.index(texts.count() + 1);
    unit = in.index(texts.count() + 1);
    type = TYPES.get(in.index(TYPES.size()));
    metricCount = in.count(1);
    columnCount = in.index(shapeColumnCount - firstColumn + 1);
    metricsPosition = in.position();
    familiesRead++;
    return true;
  }

  public String name() {
    return texts.text(name);
  }

  public String help() {
    return texts.text(help);
  }

  public String unit() {
    return texts.text(unit);
  }

  public MetricType type() {
    return type;
  }

  public int metricCount() {
    return metricCount;
  }

  /** How many columns the family has. */
  public int columnCount() {
    return columnCount;
  }

  /** How many columns of the group stand before those of the family. */
  public int firstColumn() {
    return firstColumn;
  }

  /** The family, decoded. */
  public FamilyShape family() {
    var metrics = new ArrayList<MetricShape>(metricCount);
    in.position(metricsPosition);
    long labelSet = -1;
    long layout = 0;
    long columns = 0;
    for (int i = 0; i < metricCount; i++) {
      long number = in.varint();
      labelSet += 1 + unZigZag(number >>> LAYOUT_FLAG_BITS);
      layout = (number & LAYOUT_FLAG) == 0 ? layout : in.varint();
      var metric = new MetricShape(tables.layout(layout), tables.labels(labelSet));
      metrics.add(metric);
      columns += metric.layout().columnCount();
    }
    if (in.position() != nextPosition || columns != columnCount) {
      throw in.fault("metrics of a family do not add up");
    }
    return new FamilyShape(
        name(), help(), type, unit(), metrics, firstMetric, firstColumn, columnCount);
  }
}
