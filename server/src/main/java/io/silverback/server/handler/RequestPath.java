package io.silverback.server.handler;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The path of a request, percent-decoded as a whole before anything splits it, as upstream does.
 *
 * @param path starts with a slash; bytes that are not UTF-8 stand as U+FFFD
 * @param isUtf8 false if the decoded bytes were not UTF-8
 */
record RequestPath(String path, boolean isUtf8) {

  /** The decoded path; empty if an escape is broken or the path is not absolute. */
  static Optional<RequestPath> decode(String raw) {
    if (!raw.startsWith("/")) {
      return Optional.empty();
    }
    if (raw.indexOf('%') < 0) {
      return Optional.of(new RequestPath(raw, raw.indexOf('\uFFFD') < 0));
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
    byte[] decoded = bytes.toByteArray();
    try {
      var strict = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(decoded));
      return Optional.of(new RequestPath(strict.toString(), true));
    } catch (CharacterCodingException e) {
      return Optional.of(new RequestPath(new String(decoded, StandardCharsets.UTF_8), false));
    }
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
    for (byte b : decodedPath.getBytes(StandardCharsets.UTF_8)) {
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
}
