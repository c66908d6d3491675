package io.silverback.codec.exposition;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Protobuf bytes by hand, in hex, so that tests can say what no sane encoder would write. */
final class Wire {
  private static final HexFormat HEX = HexFormat.of();

  private Wire() {}

  static byte[] bytes(String hex) {
    return HEX.parseHex(hex.replaceAll("\\s", ""));
  }

  static String hex(byte[] bytes) {
    return HEX.formatHex(bytes);
  }

  static String varint(long value) {
    var hex = new StringBuilder();
    long rest = value;
    while (Long.compareUnsigned(rest, 0x7F) > 0) {
      hex.append(HEX.toHexDigits((byte) (rest | 0x80)));
      rest >>>= 7;
    }
    return hex.append(HEX.toHexDigits((byte) rest)).toString();
  }

  static String integer(int field, long value) {
    return varint(field << 3) + varint(value);
  }

  static String number(int field, double value) {
    long reversed = Long.reverseBytes(Double.doubleToRawLongBits(value));
    return varint(field << 3 | 1) + HEX.toHexDigits(reversed);
  }

  static String text(int field, String value) {
    return message(field, hex(value.getBytes(StandardCharsets.UTF_8)));
  }

  static String message(int field, String... content) {
    return varint(field << 3 | 2) + delimited(content);
  }

  static String delimited(String... content) {
    String whole = String.join("", content);
    return varint(whole.length() / 2) + whole;
  }
}
