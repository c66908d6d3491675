package io.silverback.server.handler;

import io.silverback.codec.exposition.ContentType;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.Verdict;
import io.silverback.server.storage.MetricStore.Submission;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is probably wrong with a push, in words for the person who wrote it.
 *
 * <p>A hint is a paragraph after the words of upstream, which clients know line by line. Its text
 * is constant, so that nothing of a request is sent back. To find it, a body is read once at most,
 * and no memory is taken that grows with it.
 */
enum PushHint {
  GZIP("the body is gzip: say so with Content-Encoding: gzip"),
  UTF_16("the body is UTF-16: send UTF-8"),
  BYTE_ORDER_MARK("the body begins with a byte order mark: send UTF-8 without one"),
  FORM_DATA(
      "the body does not end in a line feed: curl -d takes line feeds out, so send it with"
          + " --data-binary, and with a line feed after the last line"),
  NO_LAST_LINE_FEED("the last line has no line feed: add one, unless the body was cut off"),
  CR_LF("lines end in CR LF: end them in LF alone"),
  REPEATED_FAMILY(
      "HELP and TYPE of a family come once, before its samples: if the body is several pages in"
          + " one, push each to a grouping key of its own"),
  SEVERAL_GROUPS(
      "the grouping key replaces a label for which the body has several values: push the metrics"
          + " of each job to its own grouping key"),
  EMPTY_VALUE("a label with an empty value is written NAME@base64/=");

  private static final byte LINE_FEED = '\n';
  private static final byte CARRIAGE_RETURN = '\r';

  private final String text;

  PushHint(String text) {
    this.text = text;
  }

  /** One line without a line feed. */
  String text() {
    return "hint: " + text;
  }

  /** The same without the word before it. */
  String advice() {
    return text;
  }

  /** True if the body as a whole is of another kind, so that each of its lines is malformed. */
  boolean isAboutAllLines() {
    return this == GZIP || this == UTF_16;
  }

  /** Why a body in the text format cannot be read, with the hint that fits. */
  static String explain(
      MalformedExpositionException fault, byte[] body, int length, String contentType) {
    String reason = String.valueOf(fault.getMessage());
    return ofBody(fault, body, length, contentType).map(hint -> hint.after(reason)).orElse(reason);
  }

  /** What became of a push, with a hint if series of several jobs fell together. */
  static Submission explain(Submission submission, GroupingKey key, ParsedExposition body) {
    return submission instanceof Submission.Refused(var group, var reason)
            && Verdict.namesDuplicate(reason)
            && hasSeveralValues(key.labels(), body)
        ? new Submission.Refused(group, SEVERAL_GROUPS.after(reason))
        : submission;
  }

  /** For a path that is redirected to one without doubled slashes. */
  static Optional<PushHint> ofPath(String path) {
    int job = path.indexOf("/metrics/job");
    return job >= 0 && path.indexOf("//", job) >= 0 ? Optional.of(EMPTY_VALUE) : Optional.empty();
  }

  /** What explains that the first {@code length} bytes are malformed, if anything known does. */
  static Optional<PushHint> ofBody(
      MalformedExpositionException fault, byte[] body, int length, String contentType) {
    if (startsWith(body, length, 0x1f, 0x8b)) {
      return Optional.of(GZIP);
    }
    if (isUtf16(body, length)) {
      return Optional.of(UTF_16);
    }
    if (startsWith(body, length, 0xef, 0xbb, 0xbf)) {
      return Optional.of(BYTE_ORDER_MARK);
    }
    boolean hasEnd = length == 0 || body[length - 1] == LINE_FEED;
    if (!hasEnd && isForm(contentType)) {
      return Optional.of(FORM_DATA);
    }
    int lineEnd = endOfLine(fault.line(), body, length);
    if (lineEnd == length) {
      return hasEnd ? Optional.empty() : Optional.of(NO_LAST_LINE_FEED);
    }
    if (lineEnd > 0 && body[lineEnd - 1] == CARRIAGE_RETURN) {
      return Optional.of(CR_LF);
    }
    String reason = String.valueOf(fault.getMessage());
    return reason.contains(": second HELP line ") || reason.contains(": second TYPE line ")
        ? Optional.of(REPEATED_FAMILY)
        : Optional.empty();
  }

  private String after(String reason) {
    return reason + "\n\n" + text();
  }

  /** With a byte order mark or without: no exposition begins with a NUL, or has one next. */
  private static boolean isUtf16(byte[] body, int length) {
    return startsWith(body, length, 0xff, 0xfe)
        || startsWith(body, length, 0xfe, 0xff)
        || (length >= 2 && (body[0] == 0) != (body[1] == 0));
  }

  private static boolean isForm(String contentType) {
    return ContentType.parse(contentType)
        .filter(type -> type.mediaType().equals("application/x-www-form-urlencoded"))
        .isPresent();
  }

  private static boolean startsWith(byte[] body, int length, int... start) {
    if (length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if ((body[i] & 0xff) != start[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the line feed of a line is, counted from 1; the length if it has none. */
  private static int endOfLine(int line, byte[] body, int length) {
    int left = line;
    for (int i = 0; i < length; i++) {
      if (body[i] == LINE_FEED && --left == 0) {
        return i;
      }
    }
    return length;
  }

  /** True if two series of one family have different values for a label of the key. */
  private static boolean hasSeveralValues(Labels key, ParsedExposition body) {
    Set<String> replaced = new HashSet<>(key.names());
    Map<String, String> first = new HashMap<>();
    for (MetricFamily family : body.families()) {
      first.clear();
      for (Metric metric : family.metrics()) {
        Labels labels = metric.labels();
        for (int i = 0; i < labels.size(); i++) {
          String name = labels.name(i);
          if (replaced.contains(name)) {
            String before = first.putIfAbsent(name, labels.value(i));
            if (before != null && !before.equals(labels.value(i))) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }
}
