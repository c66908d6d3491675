package io.silverback.codec.row;

import static io.silverback.codec.row.ShapeLayout.*;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Walks over an encoded shape family by family, in the order of their names, and decodes only what
 * is asked for.
 *
 * <p>Borrows the bytes. Whole families keep their label sets, since they share them; metrics that
 * are looked at one at a time keep nothing. Not thread-safe. Whatever the bytes are, it throws
 * {@link CorruptFrameException} at the worst, and takes time and memory in proportion to them; but
 * only after {@link #verify} are they known to be what was written.
 */
public final class ShapeReader {
  /** How many bytes {@link #save} writes. */
  public static final int PLACE_LENGTH = 4 * Integer.BYTES;

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

  private final LabelSetCursor left = new LabelSetCursor();
  private final LabelSetCursor right = new LabelSetCursor();

  private int familiesRead;
  private int position;
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

  private int metricsRead;
  private long labelSet;
  private long layout;
  private int layoutColumns;
  private int nextColumn;

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

  /** How many columns the shape has. */
  public int shapeColumnCount() {
    return shapeColumnCount;
  }

  /** Goes back to before the first family. */
  public void restart() {
    nextPosition = SYMBOLS_OFFSET + texts.count() * Long.BYTES;
    familiesRead = 0;
    metricCount = 0;
    columnCount = 0;
    firstMetric = 0;
    firstColumn = 0;
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
    position = nextPosition;
    in.position(position);
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
    rewind();
    return true;
  }

  /** The place of the current family among all. */
  public int familyPlace() {
    return familiesRead - 1;
  }

  /** Writes down, in {@link #PLACE_LENGTH} bytes, which family is the current one. */
  public void save(MutableDirectBuffer out, int at) {
    out.putInt(at, position);
    out.putInt(at + Integer.BYTES, familiesRead - 1);
    out.putInt(at + 2 * Integer.BYTES, firstMetric);
    out.putInt(at + 3 * Integer.BYTES, firstColumn);
  }

  /** False if no place was written down in these bytes, which were 0 at first. */
  public static boolean isPlace(DirectBuffer saved, int at) {
    return saved.getInt(at) != 0;
  }

  /** Goes back to the family of which another reader of the same shape wrote down the place. */
  public void restore(DirectBuffer saved, int at) {
    nextPosition = saved.getInt(at);
    familiesRead = saved.getInt(at + Integer.BYTES);
    firstMetric = saved.getInt(at + 2 * Integer.BYTES);
    firstColumn = saved.getInt(at + 3 * Integer.BYTES);
    metricCount = 0;
    columnCount = 0;
    if (!nextFamily()) {
      throw in.fault("no family stands there");
    }
  }

  public String name() {
    return texts.text(name);
  }

  /** The symbol of the name; 0 for an empty one. */
  public long nameId() {
    return name == EMPTY_TEXT ? 0 : texts.id(name - 1);
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

  /** How many metrics of the group stand before those of the family. */
  public int firstMetric() {
    return firstMetric;
  }

  /** Goes back to before the first metric of the family. */
  public void rewind() {
    metricsRead = 0;
    labelSet = -1;
    layout = 0;
    layoutColumns = -1;
    nextColumn = firstColumn;
    in.position(metricsPosition);
  }

  /** Goes to the next metric of the family, in the order of the push; false at the end. */
  public boolean nextMetric() {
    if (metricsRead == metricCount) {
      return false;
    }
    long number = in.varint();
    labelSet += 1 + unZigZag(number >>> LAYOUT_FLAG_BITS);
    if ((number & LAYOUT_FLAG) != 0) {
      layout = in.varint();
      layoutColumns = -1;
    }
    if (layoutColumns < 0) {
      layoutColumns = tables.columnCount(layout);
    }
    if (labelSet != (int) labelSet || layoutColumns > firstColumn + columnCount - nextColumn) {
      throw in.fault("metrics of a family do not add up");
    }
    nextColumn += layoutColumns;
    metricsRead++;
    return true;
  }

  /** The place of the current metric among those of the group. */
  public int metric() {
    return firstMetric + metricsRead - 1;
  }

  /** The first column of the current metric among those of the group. */
  public int column() {
    return nextColumn - layoutColumns;
  }

  /** The number of the current metric's label set. */
  public int labelSet() {
    return (int) labelSet;
  }

  /** How many label sets the shape has, numbered as {@link Labels#namesOrder} has them. */
  public int labelSetCount() {
    return tables.labelSetCount();
  }

  /** Where the label set of a number stands. */
  public int labelsPosition(int number) {
    return tables.labelSetPosition(number);
  }

  /** The labels at a position, decoded anew. */
  public Labels labels(int position) {
    return tables.labels(position);
  }

  /** Starts a cursor over the labels at a position. */
  public void labels(int position, LabelSetCursor cursor) {
    tables.labels(position, cursor);
  }

  /** True if the label sets at two positions have the same names, and so all between them. */
  public boolean haveSameNames(int one, int other) {
    if (one == other) {
      return true;
    }
    labels(one, left);
    labels(other, right);
    if (left.size() != right.size()) {
      return false;
    }
    while (left.next() && right.next()) {
      if (left.nameNumber() != right.nameNumber()) {
        return false;
      }
    }
    return true;
  }

  /** Where the layout of the current metric stands. */
  public int layoutPosition() {
    return tables.layoutPosition(layout);
  }

  /** The layout at a position, decoded anew. */
  public MetricLayout layout(int at) {
    return tables.layout(at);
  }

  /** The family, decoded. */
  public FamilyShape family() {
    var metrics = new ArrayList<MetricShape>(metricCount);
    rewind();
    while (nextMetric()) {
      metrics.add(new MetricShape(tables.keptLayout(layout), tables.keptLabels(labelSet)));
    }
    if (in.position() != nextPosition || nextColumn != firstColumn + columnCount) {
      throw in.fault("metrics of a family do not add up");
    }
    return new FamilyShape(
        name(), help(), type, unit(), metrics, firstMetric, firstColumn, columnCount);
  }
}
