package io.silverback.codec.row;

import io.silverback.codec.bytes.FrameInput;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the pairs of one label set of an encoded shape, in the order of their names, without
 * making strings of them. Borrows the bytes; made to be started again and again; not thread-safe.
 */
public final class LabelSetCursor {
  private static final byte[] EMPTY = {};

  private final FrameInput in = new FrameInput();
  private @Nullable ShapeTexts texts;
  private byte[] onlyName = EMPTY;
  private byte[] onlyValue = EMPTY;
  private int pairs;
  private int left;
  private int name;
  private int value;

  /** A cursor over no pairs. */
  public LabelSetCursor() {}

  /** Starts before the first pair of the label set that the input stands at. */
  void start(ShapeTexts of, FrameInput at) {
    texts = of;
    in.moveTo(at);
    pairs = in.count(2);
    left = pairs;
  }

  /** Starts over no pairs. */
  public void startEmpty() {
    pairs = 0;
    left = 0;
  }

  /** Starts over one pair that no shape has, its texts in UTF-8. */
  public void start(byte[] nameOfPair, byte[] valueOfPair) {
    texts = null;
    onlyName = nameOfPair;
    onlyValue = valueOfPair;
    pairs = 1;
    left = 1;
  }

  /** How many pairs the set has. */
  public int size() {
    return pairs;
  }

  /** Goes to the next pair; false at the end. */
  public boolean next() {
    if (left == 0) {
      return false;
    }
    left--;
    if (texts != null) {
      name = in.index(texts.count() + 1);
      value = in.index(texts.count() + 1);
    }
    return true;
  }

  /** The name of the current pair in UTF-8; not to be changed. */
  public byte[] name() {
    return texts == null ? onlyName : utf8(name, texts);
  }

  /** The value of the current pair in UTF-8; not to be changed. */
  public byte[] value() {
    return texts == null ? onlyValue : utf8(value, texts);
  }

  /** The same number for the same name, within one shape. */
  int nameNumber() {
    return name;
  }

  private static byte[] utf8(int number, ShapeTexts texts) {
    return number == ShapeLayout.EMPTY_TEXT ? EMPTY : texts.utf8(number);
  }
}
