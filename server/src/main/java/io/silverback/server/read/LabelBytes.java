package io.silverback.server.read;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.remoteread.SeriesMessages;
import io.silverback.server.group.select.LabelMatcher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;

/**
 * The labels of a series as they are sent, and the order in which Prometheus has them.
 *
 * <p>Prometheus does not check the labels that come with chunks, and merges series by its own
 * order: labels by the bytes of their names, each name once and no value empty; series pair by
 * pair, the one first that the other begins with.
 */
final class LabelBytes {
  private LabelBytes() {}

  /**
   * The labels of a series, its name among them.
   *
   * @param more of these those that the series does not have
   */
  static byte[] of(String name, Labels labels, Labels more) {
    var out = new ExpositionBuffer(256);
    pairs(name, labels, more).forEach((label, value) -> SeriesMessages.addLabel(label, value, out));
    return out.toByteArray();
  }

  private static Map<String, String> pairs(String name, Labels labels, Labels more) {
    Map<String, String> pairs = new TreeMap<>(LabelBytes::compareTexts);
    pairs.put(LabelMatcher.NAME, name);
    addAll(labels, pairs);
    addAll(more, pairs);
    return pairs;
  }

  private static void addAll(Labels labels, Map<String, String> pairs) {
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.value(i).isEmpty()) {
        pairs.putIfAbsent(labels.name(i), labels.value(i));
      }
    }
  }

  /** The same with the name before all others, so that series are in the order of their names. */
  static byte[] nameFirst(String name, Labels labels, Labels more) {
    Map<String, String> pairs = pairs(name, labels, more);
    pairs.remove(LabelMatcher.NAME);
    var out = new ExpositionBuffer(256);
    SeriesMessages.addLabel(LabelMatcher.NAME, name, out);
    pairs.forEach((label, value) -> SeriesMessages.addLabel(label, value, out));
    return out.toByteArray();
  }

  /** The encoded labels, in their order. */
  static List<Map.Entry<String, String>> decode(DirectBuffer buffer, int offset, int length) {
    var labels = new ArrayList<Map.Entry<String, String>>();
    int at = offset;
    while (at < offset + length) {
      at = afterHead(buffer, at);
      String label = text(buffer, at);
      at = afterHead(buffer, at) + lengthAt(buffer, at);
      labels.add(Map.entry(label, text(buffer, at)));
      at = afterHead(buffer, at) + lengthAt(buffer, at);
    }
    return labels;
  }

  /** The value of the first of the encoded labels. */
  static String firstValue(DirectBuffer buffer, int offset) {
    int label = afterHead(buffer, offset);
    return text(buffer, afterHead(buffer, label) + lengthAt(buffer, label));
  }

  private static String text(DirectBuffer buffer, int field) {
    byte[] bytes = new byte[lengthAt(buffer, field)];
    buffer.getBytes(afterHead(buffer, field), bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Differs from the order of strings where characters take two units. */
  private static int compareTexts(String left, String right) {
    return Arrays.compareUnsigned(
        left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
  }

  /** Compares the labels of two series. */
  static int compare(
      DirectBuffer left,
      int leftOffset,
      int leftLength,
      DirectBuffer right,
      int rightOffset,
      int rightLength) {
    int at = leftOffset;
    int other = rightOffset;
    int end = leftOffset + leftLength;
    int otherEnd = rightOffset + rightLength;
    while (at < end && other < otherEnd) {
      at = afterHead(left, at);
      other = afterHead(right, other);
      for (int text = 0; text < 2; text++) {
        int length = lengthAt(left, at);
        int otherLength = lengthAt(right, other);
        at = afterHead(left, at);
        other = afterHead(right, other);
        int order = compareTexts(left, at, length, right, other, otherLength);
        if (order != 0) {
          return order;
        }
        at += length;
        other += otherLength;
      }
    }
    return Integer.compare(end - at, otherEnd - other);
  }

  private static int compareTexts(
      DirectBuffer left,
      int leftOffset,
      int leftLength,
      DirectBuffer right,
      int rightOffset,
      int rightLength) {
    int common = Math.min(leftLength, rightLength);
    for (int i = 0; i < common; i++) {
      int order =
          Byte.compareUnsigned(left.getByte(leftOffset + i), right.getByte(rightOffset + i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(leftLength, rightLength);
  }

  /** The length in the head of a field: one byte of tag, and seven bits a byte. */
  private static int lengthAt(DirectBuffer buffer, int field) {
    int length = 0;
    int at = field + 1;
    int shift = 0;
    int piece;
    do {
      piece = buffer.getByte(at++);
      length |= (piece & 0x7f) << shift;
      shift += 7;
    } while (piece < 0);
    return length;
  }

  private static int afterHead(DirectBuffer buffer, int field) {
    int at = field + 1;
    while (buffer.getByte(at) < 0) {
      at++;
    }
    return at + 1;
  }
}
