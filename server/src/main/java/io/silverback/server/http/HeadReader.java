package io.silverback.server.http;

import io.silverback.server.http.RequestHead.Field;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Reads heads of requests by RFC 9112, sections 2 to 6, as strictly as Go's server does and
 * stricter where two readers of the same bytes could differ about where a body ends.
 *
 * <p>Lines may end in a line feed alone, since clients send such heads and Go takes them. Belongs
 * to the thread of its connection.
 */
final class HeadReader {
  /** Long enough for any grouping key that a client can mean. */
  static final int MOST_LINE_BYTES = 64 * 1024;

  /** All fields together. Upstream takes 1 MiB. */
  static final int MOST_FIELD_BYTES = 64 * 1024;

  private static final int MOST_LINES = 1000;
  private static final int MOST_EMPTY_LINES = 16;

  private static final Pattern ABSOLUTE = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://([^/?]*)(.*)");
  private static final Pattern DIGITS = Pattern.compile("0*[0-9]{1,18}");
  private static final Pattern VERSION = Pattern.compile("HTTP/([0-9])\\.([0-9])");
  private static final String TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~";
  private static final String HOST_CHARACTERS = "!$%&'()*+,-.:;=[]_~";
  private static final String QUERY_CHARACTERS = "-._~!$&'()*+,;=:@/?%";

  /** About this connection or the framing, so not for who answers the request. */
  private static final Set<String> HOP_BY_HOP = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

  static {
    HOP_BY_HOP.addAll(
        List.of(
            "Connection",
            "Content-Length",
            "Expect",
            "Keep-Alive",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade"));
  }

  private final WireInput in;
  private byte[] line = new byte[256];
  private int length;

  HeadReader(WireInput in) {
    this.in = in;
  }

  /**
   * The next head; empty if the connection ended before it began.
   *
   * @throws RefusedRequestException if it is not one; the connection has to end with the answer
   */
  Optional<RequestHead> read() throws IOException {
    for (int i = 0; i < MOST_EMPTY_LINES; i++) {
      if (in.peek() < 0) {
        return Optional.empty();
      }
      String requestLine = readLine(MOST_LINE_BYTES, 414, "URI Too Long");
      if (!requestLine.isEmpty()) {
        return Optional.of(head(requestLine));
      }
    }
    throw badRequest();
  }

  private RequestHead head(String requestLine) throws IOException {
    String[] parts = requestLine.split(" ", -1);
    if (parts.length != 3 || !isToken(parts[0])) {
      throw badRequest();
    }
    boolean isHttp10 = isHttp10(parts[2]);
    String authority = "";
    String target = parts[1];
    var absolute = ABSOLUTE.matcher(target);
    if (!target.startsWith("/") && absolute.matches()) {
      authority = absolute.group(1);
      target = absolute.group(2).startsWith("/") ? absolute.group(2) : "/" + absolute.group(2);
      // The part before an @ names a user, which nobody asks for.
      if (!consistsOf(authority, HOST_CHARACTERS + '@')) {
        throw badRequest();
      }
    }
    if (!(target.startsWith("/") || (target.equals("*") && parts[0].equals("OPTIONS")))
        || !all(target, HeadReader::mayStandInTarget)) {
      throw badRequest();
    }
    List<Field> fields = readFields();
    boolean isChunked = isChunked(fields, isHttp10);
    boolean asksToContinue = asksToContinue(fields, isHttp10);
    long bodyLength = isChunked ? RequestHead.CHUNKED : contentLength(fields);
    requireHost(fields, isHttp10);
    boolean wantsClose = isHttp10 || hasToken(fields, "Connection", "close");
    return new RequestHead(
        parts[0],
        escaped(target),
        isHttp10,
        forTheAnswer(fields, authority),
        bodyLength,
        asksToContinue,
        wantsClose);
  }

  private static boolean isHttp10(String version) throws RefusedRequestException {
    if (version.equals("HTTP/1.1")) {
      return false;
    }
    var matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      throw badRequest();
    }
    if (!matcher.group(1).equals("1")) {
      throw refused(505, "HTTP Version Not Supported", "unsupported protocol version");
    }
    return matcher.group(2).equals("0");
  }

  private List<Field> readFields() throws IOException {
    var fields = new ArrayList<Field>();
    int room = MOST_FIELD_BYTES;
    for (int lines = 0; ; lines++) {
      String text = readLine(room, 431, "Request Header Fields Too Large");
      room -= length + 2;
      if (text.isEmpty()) {
        return fields;
      }
      if (lines == MOST_LINES) {
        throw refused(431, "Request Header Fields Too Large", "");
      }
      if (text.charAt(0) == ' ' || text.charAt(0) == '\t') {
        if (fields.isEmpty()) {
          throw badRequest();
        }
        Field folded = fields.removeLast();
        fields.add(field(folded.name(), folded.value() + ' ' + stripBlanks(text)));
        continue;
      }
      int colon = text.indexOf(':');
      if (colon < 0) {
        throw badRequest();
      }
      fields.add(field(text.substring(0, colon), text.substring(colon + 1)));
    }
  }

  private static Field field(String name, String value) throws RefusedRequestException {
    if (!isToken(name)) {
      throw badRequest("invalid header name");
    }
    String stripped = stripBlanks(value);
    if (!all(stripped, HeadReader::isText)) {
      throw badRequest("invalid header value");
    }
    return new Field(name, stripped);
  }

  private static void requireHost(List<Field> fields, boolean isHttp10)
      throws RefusedRequestException {
    List<String> hosts = valuesOf(fields, "Host");
    if (hosts.isEmpty() && !isHttp10) {
      throw badRequest("missing required Host header");
    }
    if (hosts.size() > 1) {
      throw badRequest("too many Host headers");
    }
    if (!hosts.stream().allMatch(host -> consistsOf(host, HOST_CHARACTERS))) {
      throw badRequest("malformed Host header");
    }
  }

  private static boolean isChunked(List<Field> fields, boolean isHttp10)
      throws RefusedRequestException {
    List<String> encodings = valuesOf(fields, "Transfer-Encoding");
    if (encodings.isEmpty()) {
      return false;
    }
    if (isHttp10) {
      throw badRequest("HTTP/1.0 has no Transfer-Encoding");
    }
    if (encodings.size() > 1 || !encodings.getFirst().equalsIgnoreCase("chunked")) {
      throw new RefusedRequestException(501, "Unsupported transfer encoding");
    }
    if (!valuesOf(fields, "Content-Length").isEmpty()) {
      // A proxy between us and the client may have believed the other one.
      throw badRequest("both Transfer-Encoding and Content-Length");
    }
    return true;
  }

  /** The one length that all fields name, once or in lists; an empty one counts for none. */
  private static long contentLength(List<Field> fields) throws RefusedRequestException {
    String length = "";
    boolean isFirst = true;
    for (String value : valuesOf(fields, "Content-Length")) {
      for (String each : value.split(",", -1)) {
        String stripped = stripBlanks(each);
        if (!isFirst && !stripped.equals(length)) {
          throw badRequest("invalid Content-Length");
        }
        length = stripped;
        isFirst = false;
      }
    }
    if (length.isEmpty() && valuesOf(fields, "Content-Length").stream().allMatch(String::isEmpty)) {
      return 0;
    }
    if (!DIGITS.matcher(length).matches()) {
      throw badRequest("invalid Content-Length");
    }
    return Long.parseLong(length);
  }

  private static boolean asksToContinue(List<Field> fields, boolean isHttp10)
      throws RefusedRequestException {
    List<String> expectations = valuesOf(fields, "Expect");
    if (expectations.isEmpty() || expectations.equals(List.of(""))) {
      return false;
    }
    if (!hasToken(fields, "Expect", "100-continue")) {
      throw new RefusedRequestException(417, "417 Expectation Failed");
    }
    return !isHttp10;
  }

  private static List<Field> forTheAnswer(List<Field> fields, String authority) {
    var kept = new ArrayList<Field>();
    for (Field field : fields) {
      if (field.isNamed("Host") && !authority.isEmpty()) {
        kept.add(new Field("Host", authority));
      } else if (!HOP_BY_HOP.contains(field.name())) {
        kept.add(field);
      }
    }
    return kept;
  }

  /** Reads one line into {@link #line}, and returns it without its end. */
  private String readLine(int most, int status, String reason) throws IOException {
    length = 0;
    while (true) {
      int next = in.next();
      if (next < 0) {
        throw badRequest();
      }
      if (next == '\n') {
        break;
      }
      if (length >= most) {
        throw refused(status, reason, "");
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, Math.min(most, 2 * length));
      }
      line[length++] = (byte) next;
    }
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    return text();
  }

  private String text() {
    return new String(line, 0, length, StandardCharsets.ISO_8859_1);
  }

  private static List<String> valuesOf(List<Field> fields, String name) {
    var values = new ArrayList<String>(1);
    for (Field field : fields) {
      if (field.isNamed(name)) {
        values.add(field.value());
      }
    }
    return values;
  }

  private static boolean hasToken(List<Field> fields, String name, String token) {
    for (String value : valuesOf(fields, name)) {
      for (String part : value.split(",", -1)) {
        if (stripBlanks(part).equalsIgnoreCase(token)) {
          return true;
        }
      }
    }
    return false;
  }

  private static String stripBlanks(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isBlank(text.charAt(start))) {
      start++;
    }
    while (start < end && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isBlank(char character) {
    return character == ' ' || character == '\t';
  }

  private static boolean isToken(String text) {
    return !text.isEmpty() && consistsOf(text, TOKEN_CHARACTERS);
  }

  /** Nothing but ASCII letters, digits and these. */
  private static boolean consistsOf(String text, String others) {
    return all(text, it -> isAlphanumeric(it) || others.indexOf(it) >= 0);
  }

  private static boolean all(String text, IntPredicate isFit) {
    for (int i = 0; i < text.length(); i++) {
      if (!isFit.test(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isText(int character) {
    return character == '\t' || (character >= ' ' && character != 0x7f);
  }

  private static boolean isAlphanumeric(int character) {
    return (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || (character >= '0' && character <= '9');
  }

  /** A fragment is never sent, so a client that sends one means something else. */
  private static boolean mayStandInTarget(int character) {
    return character > ' ' && character != 0x7f && character != '#';
  }

  /**
   * In ASCII, as the web server takes bytes beyond it for unknown characters; and a query without
   * what a strict client would have escaped, which no endpoint reads unescaped.
   */
  private static String escaped(String target) {
    int query = target.indexOf('?');
    if (query < 0 && all(target, it -> it < 0x80)) {
      return target;
    }
    var escaped = new StringBuilder(target.length() + 16);
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      boolean isFit =
          (query < 0 || i <= query)
              ? c < 0x80
              : isAlphanumeric(c) || QUERY_CHARACTERS.indexOf(c) >= 0;
      if (isFit) {
        escaped.append(c);
      } else {
        escaped.append("%%%02X".formatted((int) c));
      }
    }
    return escaped.toString();
  }

  private static RefusedRequestException badRequest() {
    return badRequest("");
  }

  private static RefusedRequestException badRequest(String detail) {
    return refused(400, "Bad Request", detail);
  }

  // upstream: Go's server.go writes status, name and detail like this.
  private static RefusedRequestException refused(int status, String name, String detail) {
    return new RefusedRequestException(
        status, status + " " + name + (detail.isEmpty() ? "" : ": " + detail));
  }
}
