package io.silverback.server;

import io.helidon.common.buffers.DataReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a connection, and hands on request lines so that the web server does not lose what they
 * say: it takes {@code put} for PUT, though methods are case-sensitive (RFC 9110, section 9.1), and
 * bytes beyond ASCII in a path for unknown characters, though clients send UTF-8 there.
 *
 * <p>Belongs to the thread of its connection.
 */
final class RequestLineReader extends DataReader {
  private static final Pattern REQUEST_LINE = Pattern.compile("([!-~]+) (/[^ ]*) HTTP/1\\.[01]");
  private static final Set<String> KNOWN_METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  /** Stands before a method that is none because of its case; no route has such a method. */
  private static final String NO_METHOD = "NO-";

  @SuppressWarnings("removal") // What is to replace this constructor makes no subclass.
  RequestLineReader(DataReader connection) {
    super(
        () -> {
          connection.ensureAvailable();
          return connection.readBytes(connection.available());
        });
  }

  @Override
  public byte[] readBytes(int length) {
    byte[] bytes = super.readBytes(length);
    Matcher line = REQUEST_LINE.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (!line.matches()) {
      return bytes;
    }
    boolean isPlain = true;
    for (byte b : bytes) {
      isPlain &= b >= 0;
    }
    String method = line.group(1);
    boolean hasCase = KNOWN_METHODS.contains(method) || !KNOWN_METHODS.contains(upper(method));
    if (isPlain && hasCase) {
      return bytes;
    }
    var exact = new ByteArrayOutputStream(length + 64);
    exact.writeBytes((hasCase ? "" : NO_METHOD).getBytes(StandardCharsets.US_ASCII));
    for (byte b : bytes) {
      if (b >= 0) {
        exact.write(b);
      } else {
        exact.writeBytes("%%%02X".formatted(b & 0xff).getBytes(StandardCharsets.US_ASCII));
      }
    }
    return exact.toByteArray();
  }

  private static String upper(String method) {
    return method.toUpperCase(Locale.ROOT);
  }
}
