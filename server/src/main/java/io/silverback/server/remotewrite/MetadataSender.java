package io.silverback.server.remotewrite;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.remotewrite.RemoteEndpoint.Answer;
import io.silverback.server.remotewrite.RemoteWriteConfig.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells a target of remote write 1.0 now and then what is known of the families whose samples it
 * got. Families may be noted by many threads; one sends.
 */
final class MetadataSender {
  private static final Log log = Log.of(MetadataSender.class);
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 1, System::nanoTime);

  /** Of texts of families; one more is not told. Clients choose how many there are. */
  private static final long MOST_CHARACTERS = 1 << 20;

  private final RemoteWriteConfig config;
  private final RemoteEndpoint endpoint;
  private final TargetStatistics statistics;
  private final Duration retention;
  private final Map<String, Known> families = new ConcurrentHashMap<>();
  private final AtomicLong characters = new AtomicLong();
  private long sentNanos = System.nanoTime();

  /** A family, and when samples of it were sent last. */
  private record Known(FamilyMetadata family, long nanos) {}

  /**
   * Knows of no family yet.
   *
   * @param retention for how long a family is told of that has no new samples
   */
  MetadataSender(
      RemoteWriteConfig config,
      RemoteEndpoint endpoint,
      TargetStatistics statistics,
      Duration retention) {
    this.config = config;
    this.endpoint = endpoint;
    this.statistics = statistics;
    this.retention = retention;
  }

  /** Samples of that family are being sent. */
  void note(FamilyMetadata family) {
    boolean isFull = characters.get() > MOST_CHARACTERS && !families.containsKey(family.name());
    if (!config.metadata().isSent() || isFull) {
      return;
    }
    var known = new Known(family, System.nanoTime());
    Known before = families.put(family.name(), known);
    characters.addAndGet(length(known) - (before == null ? 0 : length(before)));
  }

  private static long length(Known known) {
    FamilyMetadata family = known.family();
    return (long) family.name().length() + family.help().length() + family.unit().length();
  }

  /** Sends all that is known if it is time; what fails is sent again the next time. */
  void sendIfDue() throws InterruptedException {
    Metadata settings = config.metadata();
    long now = System.nanoTime();
    if (!settings.isSent()
        || endpoint.protocol() != WriteProtocol.V1
        || now - sentNanos < settings.interval().toNanos()) {
      return;
    }
    List<FamilyMetadata> all = current(now);
    for (int from = 0; from < all.size(); from += settings.familiesPerRequest()) {
      int to = Math.min(all.size(), from + settings.familiesPerRequest());
      if (!send(all.subList(from, to))) {
        return;
      }
    }
    sentNanos = now;
  }

  private List<FamilyMetadata> current(long nowNanos) {
    var all = new ArrayList<FamilyMetadata>();
    families.forEach(
        (name, known) -> {
          if (nowNanos - known.nanos() <= retention.toNanos()) {
            all.add(known.family());
          } else if (families.remove(name, known)) {
            characters.addAndGet(-length(known));
          }
        });
    return all;
  }

  /** False if it is to be sent again. */
  private boolean send(List<FamilyMetadata> some) throws InterruptedException {
    switch (endpoint.send(some)) {
      case Answer.Delivered _ -> statistics.metadata.add(some.size());
      case Answer.Refused(int status, String text, _, _) -> {
        statistics.metadataFailed.add(some.size());
        failures.warn(
            config.name(),
            "a target of remote write refused metadata",
            "remote_name",
            config.name(),
            "status",
            status,
            "answer",
            text);
      }
      case Answer.Failed _ -> {
        statistics.metadataRetried.add(some.size());
        return false;
      }
    }
    return true;
  }
}
