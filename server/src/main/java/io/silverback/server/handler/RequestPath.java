package io.silverback.server.handler;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The path of a request, percent-decoded as a whole before anything splits it, as upstream does.
 *
 * @param path starts with a slash; a byte that is not UTF-8 stands as U+DC00 plus the byte, a half
 *     surrogate pair that no UTF-8 can say, so that it is neither lost nor taken for a character
 */
record RequestPath(String path) {
  private static final int UNDECODABLE = 0xdc00;

  /** The decoded path; empty if an escape is broken or the path is not absolute. */
  static Optional<RequestPath> decode(String raw) {
    if (!raw.startsWith("/")) {
      return Optional.empty();
    }
    if (raw.indexOf('%') < 0) {
      return Optional.of(new RequestPath(raw));
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
    return Optional.of(new RequestPath(text(bytes.toByteArray())));
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

  /** False if the text, a piece of a path, holds bytes that were not UTF-8. */
  static boolean isUtf8(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** The path without doubled slashes and dot segments; equal to this one if it has none. */
  String cleaned() {
    if (!path.contains("//") && !path.contains("/.")) {
      return path;
    }
    var segments = new ArrayDeque<String>();
    String[] parts = path.split("/", -1);
    for (String part : parts) {
      if (part.equals("..")) {
        segments.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        segments.addLast(part);
      }
    }
    String joined = "/" + String.join("/", segments);
    return path.endsWith("/") && joined.length() > 1 ? joined + "/" : joined;
  }

  /** The path in the form in which it may stand in a Location header. */
  static String encode(String decodedPath) {
    var encoded = new StringBuilder(decodedPath.length());
    for (byte b : bytes(decodedPath)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "/-_.~$&+,:;=@!'()*".indexOf(c) >= 0;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static byte[] bytes(String decodedPath) {
    var bytes = new ByteArrayOutputStream(decodedPath.length());
    decodedPath
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
