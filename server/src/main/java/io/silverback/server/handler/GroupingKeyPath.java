package io.silverback.server.handler;

import io.silverback.codec.exposition.EscapingScheme;
import io.silverback.codec.exposition.GoQuote;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.http.RequestPath;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Reads a grouping key from the path of a push, and says in upstream's words what is wrong. */
public final class GroupingKeyPath {
  static final String BASE64_SUFFIX = "@base64";

  private final NameValidation names;
  private final Supplier<RewriteRules> rules;

  /** Reads keys with such names, and applies the rules that hold at that moment. */
  public GroupingKeyPath(NameValidation names, Supplier<RewriteRules> rules) {
    this.names = names;
    this.rules = rules;
  }

  /** What a path says. */
  sealed interface Reading {
    /**
     * A key.
     *
     * @param key of the group that is meant
     * @param sent as the path says it, before it was rewritten
     */
    record Key(GroupingKey key, GroupingKey sent) implements Reading {}

    /**
     * The path is not of the form of a push path, or rules make no key of what it says; the reason
     * is for the client.
     */
    record Malformed(String reason) implements Reading {}

    /** A value is not UTF-8, which no label can hold. */
    record NotUtf8(String label) implements Reading {}
  }

  /**
   * Reads the two parts of a path that the router found.
   *
   * @param labels the rest of the path, empty or starting with a slash
   */
  public Reading read(String job, boolean jobIsBase64, String labels) {
    try {
      String jobName = jobIsBase64 ? decodeJob(job) : checked(GroupingKey.JOB, job);
      Map<String, String> pairs = split(labels);
      if (jobName.isEmpty()) {
        return new Reading.Malformed("job name is required");
      }
      pairs.put(GroupingKey.JOB, jobName);
      var sent = new GroupingKey(Labels.of(pairs));
      return switch (rules.get().apply(sent)) {
        case RewriteRules.Outcome.Key(var key) -> new Reading.Key(key, sent);
        case RewriteRules.Outcome.Invalid(var reason) -> new Reading.Malformed(reason);
      };
    } catch (MalformedPath e) {
      return new Reading.Malformed(e.reason);
    } catch (NotUtf8 e) {
      return new Reading.NotUtf8(e.label);
    }
  }

  static String notUtf8(String label) {
    return "the value of the grouping label is not utf8: label=" + label;
  }

  private Map<String, String> split(String labels) throws MalformedPath, NotUtf8 {
    var pairs = new HashMap<String, String>();
    if (labels.length() <= 1) {
      return pairs;
    }
    String[] components = labels.substring(1).split("/", -1);
    if (components.length % 2 != 0) {
      throw new MalformedPath("odd number of components in label string " + GoQuote.quote(labels));
    }
    for (int i = 0; i < components.length; i += 2) {
      boolean encoded = components[i].endsWith(BASE64_SUFFIX);
      String spelled =
          encoded
              ? components[i].substring(0, components[i].length() - BASE64_SUFFIX.length())
              : components[i];
      String name = names == NameValidation.UTF8 ? EscapingScheme.unescapeValues(spelled) : spelled;
      if (!names.isLabelName(name) || spelled.startsWith("__")) {
        throw new MalformedPath("improper label name " + GoQuote.quote(spelled));
      }
      String value = components[i + 1];
      pairs.put(name, encoded ? decodeLabel(spelled, value) : checked(name, value));
    }
    return pairs;
  }

  private static String decodeJob(String job) throws MalformedPath, NotUtf8 {
    try {
      return text(GroupingKey.JOB, UrlBase64.decode(job));
    } catch (UrlBase64.CorruptInput e) {
      // upstream: shows what could be decoded, which helps nobody; we show what was sent.
      throw new MalformedPath(
          "invalid base64 encoding in job name " + GoQuote.quote(job) + ": " + e.reason());
    }
  }

  private static String decodeLabel(String name, String value) throws MalformedPath, NotUtf8 {
    try {
      return text(name, UrlBase64.decode(value));
    } catch (UrlBase64.CorruptInput e) {
      throw new MalformedPath(
          "invalid base64 encoding for label "
              + name
              + "="
              + GoQuote.quote(value)
              + ": "
              + e.reason());
    }
  }

  private static String text(String label, byte[] bytes) throws NotUtf8 {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new NotUtf8(label);
    }
  }

  /** The value as it is, unless it holds bytes that are no characters. */
  private static String checked(String label, String value) throws NotUtf8 {
    if (!RequestPath.isUtf8(value)) {
      throw new NotUtf8(label);
    }
    return value;
  }

  private static final class MalformedPath extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    MalformedPath(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }
  }

  private static final class NotUtf8 extends Exception {
    private static final long serialVersionUID = 1L;

    private final String label;

    NotUtf8(String label) {
      super(label, null, false, false);
      this.label = label;
    }
  }
}
