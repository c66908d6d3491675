package io.silverback.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The percent-encoding of URLs.
 *
 * <p>A byte that is not UTF-8 is in the decoded text as U+DC00 plus the byte, a half surrogate pair
 * that no UTF-8 can say, so that it is neither lost nor taken for a character.
 */
public final class PercentEncoding {
  private static final int UNDECODABLE = 0xdc00;

  private PercentEncoding() {}

  /** The decoded text; empty if an escape is broken. */
  public static Optional<String> decode(String raw) {
    if (raw.indexOf('%') < 0) {
      return Optional.of(raw);
    }
    var bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '%') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      if (i + 2 >= raw.length()
          || !HexFormat.isHexDigit(raw.charAt(i + 1))
          || !HexFormat.isHexDigit(raw.charAt(i + 2))) {
        return Optional.empty();
      }
      bytes.write(HexFormat.fromHexDigits(raw, i + 1, i + 3));
      i += 2;
    }
    return Optional.of(text(bytes.toByteArray()));
  }

  private static String text(byte[] bytes) {
    var decoder = StandardCharsets.UTF_8.newDecoder();
    var in = ByteBuffer.wrap(bytes);
    var out = CharBuffer.allocate(bytes.length);
    for (var result = decoder.decode(in, out, true);
        result.isMalformed();
        result = decoder.decode(in, out, true)) {
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (UNDECODABLE | (in.get() & 0xff)));
      }
    }
    return out.flip().toString();
  }

  /** The bytes that a decoded text means. */
  static byte[] bytes(String decoded) {
    var bytes = new ByteArrayOutputStream(decoded.length());
    decoded
        .codePoints()
        .forEach(
            point -> {
              if (point >= UNDECODABLE && point <= (UNDECODABLE | 0xff)) {
                bytes.write(point);
              } else {
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
              }
            });
    return bytes.toByteArray();
  }
}
