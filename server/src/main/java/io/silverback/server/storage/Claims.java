package io.silverback.server.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Fingerprints of series side by side, as nodes tell each other of them. */
final class Claims {
  static final int FINGERPRINT_LENGTH = 2 * Long.BYTES;

  private Claims() {}

  static void put(Fingerprint fingerprint, byte[] target, int position) {
    var buffer = new UnsafeBuffer(target);
    int at = position * FINGERPRINT_LENGTH;
    buffer.putLong(at, fingerprint.high(), LITTLE_ENDIAN);
    buffer.putLong(at + Long.BYTES, fingerprint.low(), LITTLE_ENDIAN);
  }

  /** All of them; throws {@link MalformedBytesException} if the last one is cut off. */
  static Set<Fingerprint> of(byte[] encoded) {
    if (encoded.length % FINGERPRINT_LENGTH != 0) {
      throw new MalformedBytesException("not whole fingerprints: length=" + encoded.length);
    }
    var buffer = new UnsafeBuffer(encoded);
    var fingerprints = new HashSet<Fingerprint>();
    for (int at = 0; at < encoded.length; at += FINGERPRINT_LENGTH) {
      fingerprints.add(
          new Fingerprint(
              buffer.getLong(at, LITTLE_ENDIAN), buffer.getLong(at + Long.BYTES, LITTLE_ENDIAN)));
    }
    return fingerprints;
  }
}
