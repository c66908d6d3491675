package io.silverback.codec.exposition;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.silverback.codec.model.OpaqueFields;

/**
 * Writes protobuf fields in one pass: the length of a message is put before it when it is whole,
 * which moves a few bytes and needs neither a second walk nor a copy. Not thread-safe.
 */
public final class ProtobufOutput {
  private final ExpositionBuffer out;

  /** An output at the end of a buffer. */
  public ProtobufOutput(ExpositionBuffer out) {
    this.out = out;
  }

  /** Begins a message that has no tag; the answer is for {@link #close}. */
  int open() {
    return out.length();
  }

  /** Begins a message that is a field; the answer is for {@link #close}. */
  public int open(int field) {
    tag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return open();
  }

  public void close(int start) {
    out.putLengthBefore(start);
  }

  public void text(int field, String value) {
    int start = open(field);
    out.put(value);
    close(start);
  }

  public void number(int field, double value) {
    tag(field, WireFormat.WIRETYPE_FIXED64);
    out.putLittleEndian(Double.doubleToRawLongBits(value));
  }

  public void integer(int field, long value) {
    tag(field, WireFormat.WIRETYPE_VARINT);
    out.putVarint(value);
  }

  void signed(int field, long value) {
    integer(field, CodedOutputStream.encodeZigZag64(value));
  }

  void opaque(OpaqueFields fields) {
    if (!fields.isEmpty()) {
      byte[] encoded = fields.encoded();
      out.put(encoded, 0, encoded.length);
    }
  }

  private void tag(int field, int wireType) {
    out.putVarint((field << 3) | wireType);
  }
}
