package io.silverback.server.storage.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.server.storage.maps.HistoryHead;
import org.agrona.DirectBuffer;

/**
 * A number for the content of a group: equal for equal keys and frames on whatever node, as equal
 * states are equal bytes. For telling that two nodes differ, not for keeping anybody from making
 * two contents look the same.
 */
public final class ContentHash {
  private ContentHash() {}

  /** That of the state in an entry; its history does not count. */
  public static long of(DirectBuffer key, DirectBuffer entry) {
    int start = HistoryHead.length(entry);
    long hash = mix(add(0, key, 0, key.capacity()));
    return mix(add(hash, entry, start, entry.capacity() - start));
  }

  private static long add(long seed, DirectBuffer bytes, int offset, int length) {
    long hash = seed ^ length;
    int at = offset;
    int end = offset + length;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = mix(hash ^ bytes.getLong(at, LITTLE_ENDIAN));
    }
    long tail = 0;
    for (; at < end; at++) {
      tail = tail << Byte.SIZE | (bytes.getByte(at) & 0xff);
    }
    return hash ^ tail;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014) after one step of its sequence. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
