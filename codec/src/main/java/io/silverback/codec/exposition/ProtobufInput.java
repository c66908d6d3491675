package io.silverback.codec.exposition;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.silverback.codec.model.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A cursor over protobuf fields that strangers sent.
 *
 * <p>Stricter than protobuf asks for: a field of the model with another wire type, a varint of more
 * than 64 bits and groups are refused. Others refuse them as well when they read our exposition, so
 * keeping such bytes would break the scrape of everybody. Each fault is a {@link
 * MalformedExpositionException}. Not thread-safe; borrows the bytes.
 */
public final class ProtobufInput {
  static final int LONGEST_VARINT_LENGTH = 10;

  private final byte[] body;
  private final int start;
  private final CodedInputStream in;
  private final Deadline deadline = Deadline.current();
  private int tag;
  private int fieldOffset;

  /** A cursor at the start of some bytes. */
  public ProtobufInput(byte[] body, int offset, int length) {
    this.body = body;
    this.start = offset;
    this.in = CodedInputStream.newInstance(body, offset, length);
  }

  /** The place in the body, in bytes. */
  int offset() {
    return start + in.getTotalBytesRead();
  }

  /** Where the current field began, tag included. */
  int fieldOffset() {
    return fieldOffset;
  }

  /** True at the end of the message that was entered last. */
  public boolean atEnd() {
    return in.getBytesUntilLimit() == 0;
  }

  /** Goes to the next field of the current message; false if there is none. */
  public boolean next() {
    if (atEnd()) {
      return false;
    }
    deadline.look();
    fieldOffset = offset();
    long wideTag = varint();
    tag = (int) wideTag;
    if (wideTag >>> Integer.SIZE != 0 || field() == 0) {
      throw fault("illegal field number");
    }
    return true;
  }

  public int field() {
    return WireFormat.getTagFieldNumber(tag);
  }

  public int wireType() {
    return WireFormat.getTagWireType(tag);
  }

  /** Enters the message that is the current field; the answer is for {@link #leave}. */
  public int enter() {
    expect(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return limitTo(length());
  }

  /** How many bytes of the message that was entered last are left. */
  int lengthLeft() {
    return in.getBytesUntilLimit();
  }

  /** Leaves a message that was read to its end. */
  public void leave(int outer) {
    in.popLimit(outer);
  }

  /** A length that the rest of the current message can hold. */
  int length() {
    long length = varint();
    if (Long.compareUnsigned(length, in.getBytesUntilLimit()) > 0) {
      throw fault("message is cut off");
    }
    return (int) length;
  }

  double number() {
    expect(WireFormat.WIRETYPE_FIXED64);
    return rawNumber();
  }

  /** A number inside a packed field, whose elements have no tags. */
  double rawNumber() {
    return Double.longBitsToDouble(fixed64());
  }

  /** A 64-bit integer, signed or not. */
  public long integer() {
    expect(WireFormat.WIRETYPE_VARINT);
    return varint();
  }

  /** A 64-bit integer inside a packed field, whose elements have no tags. */
  public long rawInteger() {
    return varint();
  }

  /** A signed integer in zigzag form. */
  long signed() {
    expect(WireFormat.WIRETYPE_VARINT);
    return rawSigned();
  }

  /** A signed integer inside a packed field. */
  long rawSigned() {
    return CodedInputStream.decodeZigZag64(varint());
  }

  /**
   * A text.
   *
   * @param what the field, for the person who reads the fault
   */
  public String text(String what) {
    expect(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    int length = length();
    int from = offset();
    skipBytes(length);
    var text = new String(body, from, length, StandardCharsets.UTF_8);
    // Only a text with replacement characters can have been invalid, and hardly any has one.
    if (text.indexOf('\uFFFD') >= 0) {
      byte[] again = text.getBytes(StandardCharsets.UTF_8);
      if (!Arrays.equals(again, 0, again.length, body, from, from + length)) {
        // upstream: proto2 lets it in, and the consistency check refuses label values only.
        throw fault(what + " is not valid UTF-8");
      }
    }
    return text;
  }

  /** The content of the current field, copied. */
  byte[] bytes() {
    expect(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    int length = length();
    int from = offset();
    skipBytes(length);
    return Arrays.copyOfRange(body, from, from + length);
  }

  /** Passes over the current field, whatever it is. */
  public void skip() {
    switch (wireType()) {
      case WireFormat.WIRETYPE_VARINT -> varint();
      case WireFormat.WIRETYPE_FIXED64 -> skipBytes(Long.BYTES);
      case WireFormat.WIRETYPE_FIXED32 -> skipBytes(Integer.BYTES);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skipBytes(length());
      default -> throw fault("unsupported wire type");
    }
  }

  void skipBytes(int count) {
    try {
      in.skipRawBytes(count);
    } catch (IOException _) {
      throw fault("message is cut off");
    }
  }

  /** Appends all bytes since a place earlier in the body. */
  void copySince(int offset, ByteArrayOutputStream out) {
    out.write(body, offset, offset() - offset);
  }

  long fixed64() {
    try {
      return in.readRawLittleEndian64();
    } catch (IOException _) {
      throw fault("message is cut off");
    }
  }

  int fixed32() {
    try {
      return in.readRawLittleEndian32();
    } catch (IOException _) {
      throw fault("message is cut off");
    }
  }

  public MalformedExpositionException fault(String reason) {
    return MalformedExpositionException.inMessage(
        "proto: " + reason + ": field=" + field() + " offset=" + offset());
  }

  private void expect(int wireType) {
    if (wireType() != wireType) {
      throw fault("wrong wire type " + wireType());
    }
  }

  private int limitTo(int length) {
    try {
      return in.pushLimit(length);
    } catch (IOException _) {
      throw fault("message is cut off");
    }
  }

  private long varint() {
    int from = offset();
    long value;
    try {
      value = in.readRawVarint64();
    } catch (IOException _) {
      throw fault("integer is cut off or too long");
    }
    int length = offset() - from;
    // The tenth byte has room for one bit; CodedInputStream drops what else it may say.
    if (length == LONGEST_VARINT_LENGTH && (body[from + length - 1] & ~1) != 0) {
      throw fault("integer is cut off or too long");
    }
    return value;
  }
}
