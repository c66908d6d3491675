package io.silverback.server.handler;

import java.io.ByteArrayOutputStream;

/**
 * Base64 with the URL-safe alphabet (RFC 4648, section 5) as upstream reads it: any padding at the
 * end is cut first, line breaks are skipped, left-over low bits are ignored.
 *
 * <p>The decoder of the JDK is stricter and does not tell where it stopped, which is part of the
 * answer that clients get.
 */
final class UrlBase64 {
  private UrlBase64() {}

  static byte[] decode(String text) throws CorruptInput {
    int length = text.length();
    while (length > 0 && text.charAt(length - 1) == '=') {
      length--;
    }
    var decoded = new ByteArrayOutputStream(length * 3 / 4 + 1);
    int bits = 0;
    int count = 0;
    int lastQuantum = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == '\r' || c == '\n') {
        continue;
      }
      int value = value(c);
      if (value < 0) {
        throw new CorruptInput(i);
      }
      if (count % 4 == 0) {
        lastQuantum = i;
      }
      bits = bits << 6 | value;
      count++;
      if (count % 4 == 0) {
        decoded.write(bits >> 16);
        decoded.write(bits >> 8);
        decoded.write(bits);
      }
    }
    switch (count % 4) {
      case 1 -> throw new CorruptInput(lastQuantum);
      case 2 -> decoded.write(bits >> 4);
      case 3 -> {
        decoded.write(bits >> 10);
        decoded.write(bits >> 2);
      }
      default -> {}
    }
    return decoded.toByteArray();
  }

  private static int value(char c) {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
  }

  /** Says at which character the text stops being base64. */
  static final class CorruptInput extends Exception {
    private static final long serialVersionUID = 1L;

    private final int offset;

    CorruptInput(int offset) {
      super("illegal base64 data: offset=" + offset, null, false, false);
      this.offset = offset;
    }

    /** In the words of Go's decoder. */
    String reason() {
      return "illegal base64 data at input byte " + offset;
    }
  }
}
