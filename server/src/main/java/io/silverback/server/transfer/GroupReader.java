package io.silverback.server.transfer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.PushTimes;
import io.silverback.server.transfer.StoredGroup.WrittenFamily;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answer of {@code /api/v1/metrics}, of a Pushgateway or of Silverback, one group at a
 * time. Not thread-safe.
 */
final class GroupReader implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String LABELS = "labels";
  private static final String INSTANCE = "instance";

  private final JsonParser json;
  private final ExactMetrics exact;

  /** Reads up to the first group; owns the answer from now on. */
  GroupReader(InputStream answer, ExactMetrics exact) throws IOException {
    this.exact = exact;
    json = JSON.createParser(answer);
    while (!(json.currentToken() == JsonToken.START_ARRAY
        && "data".equals(json.currentName())
        && json.getParsingContext().getParent().getParent().inRoot())) {
      if (nextToken() == null) {
        throw new MalformedAnswerException("/api/v1/metrics is no list of groups");
      }
    }
  }

  /** The next group, or empty after the last. */
  Optional<StoredGroup> next() throws IOException {
    try {
      if (json.nextToken() == JsonToken.END_ARRAY) {
        return Optional.empty();
      }
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw new MalformedAnswerException("/api/v1/metrics ends in the middle of its groups");
      }
      return Optional.of(group());
    } catch (JsonProcessingException e) {
      throw new MalformedAnswerException("/api/v1/metrics is no JSON: " + e.getOriginalMessage());
    }
  }

  @Override
  public void close() throws IOException {
    json.close();
  }

  private JsonToken nextToken() throws IOException {
    try {
      return json.nextToken();
    } catch (JsonProcessingException e) {
      throw new MalformedAnswerException("/api/v1/metrics is no JSON: " + e.getOriginalMessage());
    }
  }

  /** An object below a group: a family, or the grouping labels. */
  private record Member(Map<String, String> texts, List<ToldMetric> metrics, boolean isFamily) {
    String text(String name) throws MalformedAnswerException {
      String text = texts.get(name);
      if (text == null) {
        throw new MalformedAnswerException("a family lacks a field: missing=" + name);
      }
      return text;
    }
  }

  private StoredGroup group() throws IOException {
    Map<String, Member> members = new HashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      if (json.nextToken() == JsonToken.START_OBJECT) {
        members.put(name, member());
      } else {
        json.skipChildren();
      }
    }
    Member success = members.remove(PushTimes.SUCCESS);
    Member failure = members.remove(PushTimes.FAILURE);
    Labels labels = groupingLabels(members, success);
    List<WrittenFamily> families = new ArrayList<>();
    Optional<String> fault = Optional.empty();
    for (var member : members.entrySet()) {
      Member told = member.getValue();
      MetricType type = type(told.text("type"));
      List<Metric> metrics = new ArrayList<>(told.metrics().size());
      for (ToldMetric metric : told.metrics()) {
        Optional<Metric> whole =
            exact.complete(member.getKey(), metric.metric(type), metric.hasRanges());
        if (whole.isEmpty()) {
          fault = Optional.of(incomplete(member.getKey()));
        }
        whole.ifPresent(metrics::add);
      }
      String help = told.texts().getOrDefault("help", "");
      families.add(
          new WrittenFamily(
              new MetricFamily(member.getKey(), help, type, metrics),
              seconds(told.text("time_stamp"))));
    }
    return new StoredGroup(key(labels), families, time(success), time(failure), fault);
  }

  private Member member() throws IOException {
    Map<String, String> texts = new HashMap<>();
    List<ToldMetric> metrics = new ArrayList<>();
    boolean isFamily = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      switch (json.nextToken()) {
        case VALUE_STRING -> texts.put(name, json.getText());
        case START_ARRAY -> {
          isFamily = true;
          while (json.nextToken() == JsonToken.START_OBJECT) {
            metrics.add(ToldMetric.read(json));
          }
        }
        case VALUE_NULL -> isFamily = true;
        default -> json.skipChildren();
      }
    }
    return new Member(texts, metrics, isFamily);
  }

  /**
   * The labels of the group, whose place in the answer a family of that name takes; then those of
   * its push time have them, too, beside an empty instance if the group has none.
   */
  private static Labels groupingLabels(Map<String, Member> members, @Nullable Member success)
      throws MalformedAnswerException {
    Member labels = members.get(LABELS);
    if (labels != null && !labels.isFamily()) {
      members.remove(LABELS);
      return Labels.of(labels.texts());
    }
    if (success == null || success.metrics().isEmpty()) {
      throw new MalformedAnswerException("a group has no labels");
    }
    Labels shown = success.metrics().getFirst().labels();
    return shown.value(INSTANCE).filter(String::isEmpty).isPresent()
        ? shown.without(Labels.of(INSTANCE, ""))
        : shown;
  }

  private static GroupingKey key(Labels labels) throws MalformedAnswerException {
    try {
      return new GroupingKey(labels);
    } catch (IllegalArgumentException e) {
      throw new MalformedAnswerException(String.valueOf(e.getMessage()));
    }
  }

  private static MetricType type(String name) throws MalformedAnswerException {
    try {
      return MetricType.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new MalformedAnswerException("no such type of a family: type=" + name);
    }
  }

  private static double seconds(String timeStamp) throws MalformedAnswerException {
    try {
      Instant time = OffsetDateTime.parse(timeStamp).toInstant();
      return time.getEpochSecond() + time.getNano() / 1e9;
    } catch (DateTimeException e) {
      throw new MalformedAnswerException("not a time: time_stamp=" + timeStamp);
    }
  }

  /** What a push time says; 0 for one that is not there, or was pushed as something else. */
  private static double time(@Nullable Member member) throws MalformedAnswerException {
    if (member == null || member.metrics().isEmpty()) {
      return 0;
    }
    String value = member.metrics().getFirst().numbers().get("value");
    double seconds = value == null ? 0 : ToldMetric.parse(value);
    return seconds > 0 && seconds < Double.MAX_VALUE ? seconds : 0;
  }

  private static String incomplete(String family) {
    return "a native histogram cannot be read whole: pushed to meanwhile (then try again), not on"
        + " the scrape page, or over --max-exact-series: family="
        + family;
  }
}
