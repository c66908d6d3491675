package io.silverback.server;

import io.helidon.common.buffers.DataReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a connection, and hands on request lines so that the web server does not lose what they
 * say: it takes {@code put} for PUT, though methods are case-sensitive (RFC 9110, section 9.1),
 * bytes beyond ASCII in a path for unknown characters, though clients send UTF-8 there, and a whole
 * URL for a path, though proxies send one (RFC 9112, section 3.2.2). It also refuses a query that a
 * strict client would have escaped, which no door reads.
 *
 * <p>Belongs to the thread of its connection.
 */
final class RequestLineReader extends DataReader {
  private static final Pattern REQUEST_LINE =
      Pattern.compile(
          "([!-~]+) (?! )(?:(?i:https?)://[^/? ]*)?(/[^ ?]*)?(\\?[^ ]*)? (HTTP/1\\.[01])");
  private static final String QUERY_CHARACTERS = "-._~!$&'()*+,;=:@/?%";
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
    String method = line.group(1);
    boolean hasCase = KNOWN_METHODS.contains(method) || !KNOWN_METHODS.contains(upper(method));
    String path = line.group(2) == null ? "/" : line.group(2);
    String query = line.group(3) == null ? "" : line.group(3);
    String exact =
        (hasCase ? "" : NO_METHOD)
            + method
            + ' '
            + escaped(path, RequestLineReader::isAscii)
            + escaped(query, RequestLineReader::mayStandInQuery)
            + ' '
            + line.group(4);
    return exact.getBytes(StandardCharsets.US_ASCII);
  }

  /** The text, in which each character is a byte, with an escape for each one that is not fit. */
  private static String escaped(String text, IntPredicate fit) {
    if (text.chars().allMatch(fit)) {
      return text;
    }
    var escaped = new StringBuilder(text.length() + 64);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (fit.test(c)) {
        escaped.append(c);
      } else {
        escaped.append("%%%02X".formatted((int) c));
      }
    }
    return escaped.toString();
  }

  private static boolean isAscii(int character) {
    return character < 0x80;
  }

  private static boolean mayStandInQuery(int character) {
    return isAscii(character)
        && (Character.isLetterOrDigit(character) || QUERY_CHARACTERS.indexOf(character) >= 0);
  }

  private static String upper(String method) {
    return method.toUpperCase(Locale.ROOT);
  }
}
