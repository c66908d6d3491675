package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import com.google.protobuf.WireFormat;
import io.silverback.codec.model.OpaqueFields;

/** Writes the fields that the model keeps as encoded in the text form of protobuf. */
final class OpaqueText {
  private OpaqueText() {}

  /** Writes the exemplars that stand in one field. */
  static void exemplars(int field, String name, OpaqueFields opaque, ProtobufTextOutput output) {
    var in = input(opaque);
    while (in.next()) {
      if (in.field() == field) {
        exemplar(name, in, output);
      } else {
        in.skip();
      }
    }
  }

  /** Writes the time that is in one field. */
  static void timestamp(int field, String name, OpaqueFields opaque, ProtobufTextOutput output) {
    var in = input(opaque);
    while (in.next()) {
      if (in.field() == field) {
        timestamp(name, in, output);
      } else {
        in.skip();
      }
    }
  }

  /** Writes the fields that have no name, all but the given ones. */
  static void unknown(OpaqueFields opaque, ProtobufTextOutput output, int... named) {
    var in = input(opaque);
    while (in.next()) {
      boolean isNamed = false;
      for (int field : named) {
        isNamed |= field == in.field();
      }
      if (isNamed) {
        in.skip();
      } else {
        unknown(in, output);
      }
    }
  }

  private static ProtobufInput input(OpaqueFields opaque) {
    byte[] encoded = opaque.encoded();
    return new ProtobufInput(encoded, 0, encoded.length);
  }

  private static void exemplar(String name, ProtobufInput in, ProtobufTextOutput output) {
    output.open(name);
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case EXEMPLAR_LABEL -> label(in, output);
        case EXEMPLAR_VALUE -> output.number("value", in.number());
        case EXEMPLAR_TIMESTAMP -> timestamp("timestamp", in, output);
        default -> unknown(in, output);
      }
    }
    in.leave(outer);
    output.close();
  }

  private static void label(ProtobufInput in, ProtobufTextOutput output) {
    output.open("label");
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case LABEL_NAME -> output.text("name", in.text("label name of an exemplar"));
        case LABEL_VALUE -> output.text("value", in.text("label value of an exemplar"));
        default -> unknown(in, output);
      }
    }
    in.leave(outer);
    output.close();
  }

  private static void timestamp(String name, ProtobufInput in, ProtobufTextOutput output) {
    output.open(name);
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case TIMESTAMP_SECONDS -> output.signed("seconds", in.integer());
        case TIMESTAMP_NANOS -> output.signed("nanos", in.integer());
        default -> unknown(in, output);
      }
    }
    in.leave(outer);
    output.close();
  }

  private static void unknown(ProtobufInput in, ProtobufTextOutput output) {
    String name = Integer.toString(in.field());
    switch (in.wireType()) {
      case WireFormat.WIRETYPE_VARINT -> output.unsigned(name, in.integer());
      case WireFormat.WIRETYPE_FIXED64 -> output.word(name, "0x" + Long.toHexString(in.fixed64()));
      case WireFormat.WIRETYPE_FIXED32 ->
          output.word(name, "0x" + Integer.toHexString(in.fixed32()));
      default -> output.bytes(name, in.bytes());
    }
  }
}
