package io.silverback.codec.exposition;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Labels as the text format has them between braces, made of UTF-8 without strings. Takes only
 * labels that look the same in each {@link EscapingScheme} and that any series may have: their
 * names are legacy names in order, none twice and none with a meaning of its own.
 *
 * <p>Not thread-safe; made to be used again and again.
 */
public final class LabelText {
  private static final byte[] QUANTILE = "quantile".getBytes(StandardCharsets.UTF_8);

  private final ExpositionBuffer out = new ExpositionBuffer(512);
  private byte[] lastName = new byte[32];
  private int lastLength;

  /** Forgets all labels. */
  public void clear() {
    out.clear();
    lastLength = 0;
  }

  /**
   * Adds a label, of which the arrays contain the name and the value at their beginnings.
   *
   * @return false if it does not take such labels; then only {@link #clear} may follow
   */
  public boolean add(byte[] name, int nameLength, byte[] value, int valueLength) {
    if (!isPlain(name, nameLength) || !isAfterLast(name, nameLength)) {
      return false;
    }
    if (out.length() > 0) {
      out.put(',');
    }
    out.put(name, 0, nameLength);
    out.put('=');
    out.put('"');
    TextRenderer.putEscaped(value, valueLength, true, out);
    out.put('"');
    return true;
  }

  private static boolean isPlain(byte[] name, int length) {
    for (int i = 0; i < length; i++) {
      byte c = name[i];
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && !(c >= '0' && c <= '9' && i > 0)) {
        return false;
      }
    }
    boolean reserved = length > 1 && name[0] == '_' && name[1] == '_';
    return length > 0 && !reserved && !equals(name, length, QUANTILE);
  }

  private static boolean equals(byte[] name, int length, byte[] other) {
    return Arrays.equals(name, 0, length, other, 0, other.length);
  }

  private boolean isAfterLast(byte[] name, int length) {
    boolean isAfter = Arrays.compare(name, 0, length, lastName, 0, lastLength) > 0;
    if (lastName.length < length) {
      lastName = new byte[Math.max(length, 2 * lastName.length)];
    }
    System.arraycopy(name, 0, lastName, 0, length);
    lastLength = length;
    return isAfter;
  }

  /** What was added, in an array of its own. */
  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
