package io.silverback.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.BadRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a connection, and hands on request lines so that the web server does not lose what they
 * say: it takes {@code put} for PUT, though methods are case-sensitive (RFC 9110, section 9.1), and
 * bytes beyond ASCII in a path for unknown characters, though clients send UTF-8 there; and it
 * refuses HTTP/1.0, which proxies and probes still speak, whole URLs (RFC 9112, section 3.2.2), and
 * queries that a strict client would have escaped, which no door reads.
 *
 * <p>The lines between the chunks of a body are read here, too: the web server knows neither chunk
 * extensions nor trailers, both of which are skipped, bounds no such line, and keeps each chunk in
 * memory until it is whole, which is why it is told of smaller ones.
 *
 * <p>Belongs to the thread of its connection.
 */
final class RequestLineReader extends DataReader {
  private static final Pattern REQUEST_LINE =
      Pattern.compile(
          "([!-~]+) (?! )(?:(?i:https?)://[^/? ]*)?(/[^ ?]*)?(\\?[^ ]*)? HTTP/1\\.([01])");
  private static final String QUERY_CHARACTERS = "-._~!$&'()*+,;=:@/?%";
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9a-fA-F]{1,7})[ \t]*(;.*)?");
  private static final int MAX_CHUNK_LINE = 4096;
  private static final int MAX_TRAILERS = 100;
  private static final Set<String> KNOWN_METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  /** Stands before a method that is none because of its case; no route has such a method. */
  private static final String NO_METHOD = "NO-";

  private boolean isHttp10;
  private boolean isBehindLastChunk;

  /** What is still to come of a chunk, beyond the part that the web server was told of. */
  private int restOfChunk;

  /**
   * A reader of what a connection gives.
   *
   * @param connection waits for more, and throws at the end
   */
  @SuppressWarnings("removal") // What is to replace this constructor makes no subclass.
  RequestLineReader(Supplier<byte[]> connection) {
    super(connection);
  }

  /** True if the request line that was read last spoke HTTP/1.0. */
  boolean isHttp10() {
    return isHttp10;
  }

  /** The size of the next chunk, or the empty line that ends the body. */
  @Override
  public String readLine() {
    if (restOfChunk > 0) {
      return partOfChunk();
    }
    if (isBehindLastChunk) {
      isBehindLastChunk = false;
      for (int i = 0; i <= MAX_TRAILERS; i++) {
        if (chunkLine().isEmpty()) {
          return "";
        }
      }
      throw new BadRequestException("too many trailers: limit=" + MAX_TRAILERS);
    }
    Matcher line = CHUNK_SIZE.matcher(chunkLine());
    if (!line.matches()) {
      throw new BadRequestException("malformed chunked encoding");
    }
    restOfChunk = Integer.parseInt(line.group(1), 16);
    isBehindLastChunk = restOfChunk == 0;
    return isBehindLastChunk ? "0" : partOfChunk();
  }

  /** What is here already: the web server would keep a chunk in memory until it is whole. */
  private String partOfChunk() {
    ensureAvailable();
    int part = Math.min(restOfChunk, available());
    restOfChunk -= part;
    return Integer.toHexString(part);
  }

  /** Skips nothing between the parts of a chunk. */
  @Override
  public void skip(int length) {
    if (restOfChunk == 0) {
      super.skip(length);
    }
  }

  private String chunkLine() {
    int length;
    try {
      length = findNewLine(MAX_CHUNK_LINE);
    } catch (IncorrectNewLineException e) {
      throw new BadRequestException("malformed chunked encoding", e);
    }
    if (length == MAX_CHUNK_LINE) {
      throw new BadRequestException("malformed chunked encoding");
    }
    String line = readAsciiString(length);
    skip(2);
    return line;
  }

  @Override
  public byte[] readBytes(int length) {
    byte[] bytes = super.readBytes(length);
    Matcher line = REQUEST_LINE.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (!line.matches()) {
      return bytes;
    }
    isHttp10 = line.group(4).equals("0");
    isBehindLastChunk = false;
    restOfChunk = 0;
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
            + " HTTP/1.1";
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
