package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.Labels;
import io.silverback.codec.remotewrite.WriteBatch;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.remotewrite.RemoteEndpoint.Answer;
import io.silverback.server.remotewrite.RemoteWriteConfig.Queue;
import io.silverback.server.remotewrite.TargetStatistics.Drop;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Reads parts of the history and sends them, one request at a time. Not thread-safe.
 *
 * <p>It holds one request and what a reader needs for some series, whatever the target does. While
 * a request waits to be sent again nothing is read: the reader is left, and begins anew after the
 * last sample of that request.
 */
final class Shard implements OrderedHistorySink, AutoCloseable {
  private static final Log log = Log.of(Shard.class);
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 100, System::nanoTime);

  /** A request with labels of the longest kind is sent before it has as many samples as it may. */
  private static final int MOST_MESSAGE_BYTES = 2 << 20;

  /** Decides how many series a reader gathers at once. */
  private static final long MOST_READER_BYTES = 1 << 20;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final Common common;
  private final WriteBatch batch = new WriteBatch();
  private final SeriesLabels labels = new SeriesLabels();
  private Optional<PushReader> reader = Optional.empty();
  private byte[] group = {};
  private int rank;
  private FamilyMetadata known = FamilyMetadata.unknown("");
  private FamilyMetadata noted = known;
  private long newestMillis = Long.MIN_VALUE;
  private Optional<Sent> after = Optional.empty();

  /**
   * What the shards of a target share.
   *
   * @param external labels that each series gets that does not have them
   * @param metadata what is told of the families whose samples are sent
   * @param oldestMillis samples of before are given up
   * @param reading held while the history is read, so that pushes find a processor
   */
  record Common(
      RemoteWriteConfig config,
      RemoteEndpoint endpoint,
      TargetStatistics statistics,
      MetadataSender metadata,
      NameValidation names,
      Labels external,
      LongSupplier oldestMillis,
      Semaphore reading,
      Stop stop) {}

  /** The last sample that is in a request. */
  private record Sent(Place place, long timeMillis) {}

  /** Ends a reading, since a request has to be sent again. */
  private static final class SendAgainException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Answer.Failed failure;

    private SendAgainException(Answer.Failed failure) {
      super(failure.reason());
      this.failure = failure;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  Shard(Common common) {
    this.common = common;
  }

  /** Reads a part from one time to another one; the last request of it may not be sent yet. */
  void read(PushReader pushes, int part, long fromMillis, long toMillis)
      throws InterruptedException {
    reader = Optional.of(pushes);
    after = Optional.empty();
    while (true) {
      Answer.Failed failure;
      common.reading().acquire();
      try {
        pushes.read(part, fromMillis, toMillis, new Budget(), this);
        return;
      } catch (SendAgainException e) {
        failure = e.failure;
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } finally {
        common.reading().release();
      }
      sendAgain(failure);
    }
  }

  /** Sends what is left. */
  void flush() throws InterruptedException {
    if (batch.samples() > 0) {
      sendOnce(0).ifPresent(this::sendAgainOrStop);
    }
  }

  private final class Budget implements QueryBudget {
    @Override
    public long mostBytes() {
      return MOST_READER_BYTES;
    }

    /**
     * Bounded by what it is told to do with; what one series takes over a few minutes is not much.
     */
    @Override
    public void take(long bytes) {}

    @Override
    public void goOn() {
      common.stop().look();
    }
  }

  @Override
  public void group(byte[] key) {
    group = key;
    rank = reader.map(it -> it.rank(key)).orElse(0);
  }

  @Override
  public void family(FamilyMetadata family) {
    known = family;
  }

  @Override
  public void series(String family, String name, Labels own, Samples samples) throws IOException {
    int from = 0;
    if (after.isPresent()) {
      int order = new Place(rank, group, family, name, own).compareTo(after.get().place());
      if (order < 0) {
        return;
      }
      while (order == 0
          && from < samples.size()
          && samples.timeMillis(from) <= after.get().timeMillis()) {
        from++;
      }
    }
    int first = withoutOld(samples, from);
    if (first == samples.size()) {
      return;
    }
    labels.start(name, own, common.external());
    if (!common.config().relabeling().apply(labels)) {
      common.statistics().drop(Drop.RELABELED, samples.size() - first);
      return;
    }
    if (!labels.areValid(common.names())) {
      common.statistics().drop(Drop.INVALID_LABELS, samples.size() - first);
      failures.warn(
          "labels " + common.config().name(),
          "samples were not sent, as relabeling left labels that are not valid",
          "remote_name",
          common.config().name(),
          "labels",
          labels.pairs());
      return;
    }
    add(family, name, own, samples, first);
  }

  private int withoutOld(Samples samples, int from) {
    long oldest = common.oldestMillis().getAsLong();
    int first = from;
    while (first < samples.size() && samples.timeMillis(first) < oldest) {
      first++;
    }
    drop(Drop.TOO_OLD, first - from);
    return first;
  }

  private void drop(Drop reason, int samples) {
    if (samples > 0) {
      common.statistics().drop(reason, samples);
      failures.error(
          reason.label() + " " + common.config().name(),
          "samples were given up, as they are too old to be sent",
          "remote_name",
          common.config().name(),
          "samples",
          samples);
    }
  }

  private void add(String family, String name, Labels own, Samples samples, int from)
      throws IOException {
    if (!known.equals(noted)) {
      noted = known;
      common.metadata().note(known);
    }
    var points = new Points(samples);
    int at = from;
    while (at < samples.size()) {
      int room = common.config().queue().samplesPerRequest() - batch.samples();
      int to = Math.min(samples.size(), at + room);
      batch.add(labels.pairs(), known, points, at, to);
      common.statistics().pending.add(to - at);
      at = to;
      newestMillis = Math.max(newestMillis, samples.timeMillis(at - 1));
      if (batch.samples() >= common.config().queue().samplesPerRequest()
          || batch.mostBytes() >= MOST_MESSAGE_BYTES) {
        var last = new Sent(new Place(rank, group, family, name, own), samples.timeMillis(at - 1));
        send(last);
      }
    }
  }

  private record Points(Samples samples) implements WriteBatch.Points {
    @Override
    public long timeMillis(int index) {
      return samples.timeMillis(index);
    }

    @Override
    public long valueBits(int index) {
      return Double.doubleToRawLongBits(samples.value(index));
    }
  }

  /** Sends the request from within a reading, and leaves that if it has to be sent again. */
  private void send(Sent last) throws IOException {
    common.reading().release();
    Optional<Answer.Failed> failure;
    try {
      failure = sendOnce(0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      common.reading().acquireUninterruptibly();
    }
    if (failure.isPresent()) {
      after = Optional.of(last);
      throw new SendAgainException(failure.get());
    }
  }

  private void sendAgainOrStop(Answer.Failed failure) {
    try {
      sendAgain(failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends the request until it is delivered, refused, or too old. */
  private void sendAgain(Answer.Failed first) throws InterruptedException {
    Queue queue = common.config().queue();
    Answer.Failed failure = first;
    Duration backoff = queue.shortestBackoff();
    int attempt = 1;
    while (true) {
      failures.warn(
          "failed " + common.config().name(),
          "a target of remote write does not take samples, they are sent again",
          "remote_name",
          common.config().name(),
          "url",
          common.config().shownUrl(),
          "reason",
          failure.reason(),
          "attempt",
          attempt);
      common.statistics().retried.add(batch.samples());
      common.stop().pause(longer(jittered(backoff), failure.pause()));
      if (newestMillis < common.oldestMillis().getAsLong()) {
        drop(Drop.TOO_OLD, batch.samples());
        clear();
        return;
      }
      Optional<Answer.Failed> again = sendOnce(attempt++);
      if (again.isEmpty()) {
        return;
      }
      failure = again.get();
      backoff = shorter(backoff.multipliedBy(2), queue.longestBackoff());
    }
  }

  /** Shards that fail together do not come back together. */
  private static Duration jittered(Duration backoff) {
    long nanos = backoff.toNanos();
    return Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
  }

  private static Duration longer(Duration one, Duration other) {
    Duration longer = one.compareTo(other) > 0 ? one : other;
    return shorter(longer, LONGEST_PAUSE);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Sends the request; why it has to be sent again, if so. */
  private Optional<Answer.Failed> sendOnce(int attempt) throws InterruptedException {
    common.stop().look();
    TargetStatistics statistics = common.statistics();
    switch (common.endpoint().send(batch, attempt)) {
      case Answer.Delivered(int bytes) -> {
        statistics.samples.add(batch.samples());
        statistics.bytes.add(bytes);
        statistics.highestSentMillis.accumulateAndGet(newestMillis, Math::max);
      }
      case Answer.Refused(int status, String text, int bytes, int written) -> {
        int refused = batch.samples() - written;
        statistics.samples.add(written);
        statistics.bytes.add(written > 0 ? bytes : 0);
        statistics.failed.add(refused);
        statistics.fault("status " + status + " " + text);
        failures.error(
            "refused " + common.config().name(),
            "a target of remote write refused samples, they are not sent again",
            "remote_name",
            common.config().name(),
            "url",
            common.config().shownUrl(),
            "status",
            status,
            "answer",
            text,
            "samples",
            refused);
      }
      case Answer.Failed failure -> {
        statistics.fault(failure.reason());
        return Optional.of(failure);
      }
    }
    clear();
    return Optional.empty();
  }

  /** Gives up what was not sent; it is still in the history. */
  @Override
  public void close() {
    clear();
  }

  private void clear() {
    common.statistics().pending.add(-batch.samples());
    batch.clear();
    newestMillis = Long.MIN_VALUE;
  }
}
