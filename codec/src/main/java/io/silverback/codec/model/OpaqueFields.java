package io.silverback.codec.model;

import java.util.Arrays;

/**
 * Fields of a protobuf message that only protobuf can carry (exemplars, created timestamps, what
 * later versions add), kept as encoded so that a protobuf scrape gives them back untouched.
 *
 * <p>Immutable: the bytes are copied on the way in and out.
 */
public final class OpaqueFields {
  public static final OpaqueFields NONE = new OpaqueFields(new byte[0]);

  private final byte[] encoded;

  private OpaqueFields(byte[] encoded) {
    this.encoded = encoded;
  }

  public static OpaqueFields of(byte[] encoded) {
    return encoded.length == 0 ? NONE : new OpaqueFields(encoded.clone());
  }

  public boolean isEmpty() {
    return encoded.length == 0;
  }

  public byte[] encoded() {
    return encoded.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OpaqueFields fields && Arrays.equals(encoded, fields.encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  @Override
  public String toString() {
    return "OpaqueFields[length=" + encoded.length + "]";
  }
}
