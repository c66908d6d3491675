package io.silverback.server.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The path of a request, percent-decoded as a whole before anything splits it, as upstream does.
 *
 * @param path starts with a slash; bytes that are not UTF-8 stand as {@link PercentEncoding} says
 */
public record RequestPath(String path) {
  /** The decoded path; empty if an escape is broken or the path is not absolute. */
  public static Optional<RequestPath> decode(String raw) {
    if (!raw.startsWith("/")) {
      return Optional.empty();
    }
    return PercentEncoding.decode(raw).map(RequestPath::new);
  }

  /** False if the text, a piece of a path, holds bytes that were not UTF-8. */
  public static boolean isUtf8(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** The path without doubled slashes and dot segments; equal to this one if it has none. */
  public String cleaned() {
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
  public static String encode(String decodedPath) {
    var encoded = new StringBuilder(decodedPath.length());
    for (byte b : PercentEncoding.bytes(decodedPath)) {
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
