package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.CapturedText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One rule of {@code write_relabel_configs}, as Prometheus' {@code relabel_config} has them.
 * Immutable and thread-safe.
 *
 * @param sources names of the labels whose values are joined by the separator
 * @param text what the rule was made of, by which two are equal
 */
record RelabelRule(
    Action action,
    List<String> sources,
    String separator,
    AnchoredRegex regex,
    long modulus,
    CapturedText target,
    CapturedText replacement,
    RelabelText text) {
  /** What a rule can do, by its name in the file in lower case. */
  enum Action {
    REPLACE,
    KEEP,
    DROP,
    HASHMOD,
    LABELMAP,
    LABELDROP,
    LABELKEEP
  }

  RelabelRule {
    sources = List.copyOf(sources);
  }

  /** Changes the labels; false if the series is not to be sent. */
  boolean apply(SeriesLabels labels) {
    switch (action) {
      case KEEP -> {
        return regex.matches(joined(labels));
      }
      case DROP -> {
        return !regex.matches(joined(labels));
      }
      case REPLACE -> replace(labels);
      case HASHMOD ->
          labels.set(targetName(List.of()), Long.toUnsignedString(hash(joined(labels))));
      case LABELMAP -> map(labels);
      case LABELDROP -> labels.pairs().keySet().removeIf(regex::matches);
      case LABELKEEP -> labels.pairs().keySet().removeIf(name -> !regex.matches(name));
    }
    return true;
  }

  private String joined(SeriesLabels labels) {
    if (sources.size() == 1) {
      return labels.value(sources.getFirst());
    }
    var joined = new StringBuilder();
    for (int i = 0; i < sources.size(); i++) {
      joined.append(i == 0 ? "" : separator).append(labels.value(sources.get(i)));
    }
    return joined.toString();
  }

  private void replace(SeriesLabels labels) {
    Optional<List<String>> captures = regex.captures(joined(labels));
    if (captures.isPresent()) {
      String name = targetName(captures.get());
      // upstream: a name that comes out wrong changes nothing.
      if (NameValidation.LEGACY.isLabelName(name)) {
        labels.set(name, replacement.expand(captures.get()));
      }
    }
  }

  private String targetName(List<String> captures) {
    return target.expand(captures);
  }

  private void map(SeriesLabels labels) {
    Map<String, String> mapped = new TreeMap<>();
    labels
        .pairs()
        .forEach(
            (name, value) ->
                regex
                    .captures(name)
                    .ifPresent(captures -> mapped.put(replacement.expand(captures), value)));
    mapped.forEach(labels::set);
  }

  /** upstream: the last 8 bytes of an MD5 sum, by which shards of several servers agree. */
  private long hash(String value) {
    try {
      byte[] sum = MessageDigest.getInstance("MD5").digest(value.getBytes(StandardCharsets.UTF_8));
      return Long.remainderUnsigned(ByteBuffer.wrap(sum).getLong(Long.BYTES), modulus);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RelabelRule rule && text.equals(rule.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }
}
