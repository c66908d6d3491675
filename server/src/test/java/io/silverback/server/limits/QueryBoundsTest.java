package io.silverback.server.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Labels;
import io.silverback.server.handler.HeldSamples;
import io.silverback.server.limits.QueryBounds.StoppedException;
import io.silverback.server.memory.MemoryPool;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class QueryBoundsTest {
  private static final RequestLimits LIMITS =
      new RequestLimits(
          1,
          1,
          1,
          1,
          1,
          1,
          1,
          1,
          0,
          0,
          Duration.ofSeconds(1),
          1,
          1,
          Duration.ofSeconds(1),
          1,
          Duration.ofSeconds(1),
          1,
          1,
          1,
          1,
          Duration.ZERO,
          10,
          Duration.ofSeconds(2),
          4096,
          1,
          Duration.ofSeconds(1));

  private final List<String> passed = new ArrayList<>();
  private long nowNanos;

  private final LimitedMemory memory = LimitedMemory.ofQueries(new MemoryPool(4096, Duration.ZERO));
  private final QueryBounds bounds = bounds(memory.lease());

  private QueryBounds bounds(LimitedMemory.Lease lease) {
    return new QueryBounds(lease, LIMITS, () -> nowNanos);
  }

  @Test
  void seriesPassUpToTheLastSample() throws IOException {
    series("a", 4);
    series("b", 6);
    var stopped = assertThrows(StoppedException.class, () -> series("c", 1));

    assertEquals(422, stopped.over().status());
    assertEquals(RequestLimit.HISTORY_SAMPLES, stopped.over().limit());
    assertEquals(List.of("a", "b"), passed);
  }

  @Test
  void seriesPassUpToTheLastMoment() throws IOException {
    nowNanos = LIMITS.queryTimeout().toNanos();
    series("a", 1);
    nowNanos++;
    var stopped = assertThrows(StoppedException.class, () -> series("b", 1));

    assertEquals(503, stopped.over().status());
    assertEquals(RequestLimit.QUERY_TIMEOUT, stopped.over().limit());
    assertEquals(List.of("a"), passed);
  }

  @Test
  void aQueryEndsInTheMiddleWhenItsTimeIsOver() throws IOException {
    bounds.goOn();
    nowNanos = LIMITS.queryTimeout().toNanos() + 1;
    var stopped = assertThrows(StoppedException.class, bounds::goOn);
    assertEquals(RequestLimit.QUERY_TIMEOUT, stopped.over().limit());
  }

  @Test
  void thePartsOfAQueryShareItsTime() throws IOException {
    bounds.during(() -> false, () -> nowNanos = LIMITS.queryTimeout().toNanos());
    Deadline.Work<IOException> part =
        () -> {
          nowNanos++;
          Deadline.current().lookNow();
        };
    var stopped = assertThrows(StoppedException.class, () -> bounds.during(() -> false, part));
    assertEquals(RequestLimit.QUERY_TIMEOUT, stopped.over().limit());
    bounds.anew().during(() -> false, part);
  }

  @Test
  void aQueryThatNeedsMoreMemoryThanThereIsIsAskedToAskForLess() throws IOException {
    bounds.take(4096);
    var stopped = assertThrows(StoppedException.class, () -> bounds.take(1));
    assertEquals(422, stopped.over().status());
    assertEquals(RequestLimit.QUERY_MEMORY, stopped.over().limit());
    assertEquals(4096, memory.takenBytes());
  }

  @Test
  void aQueryThatFindsNoMemoryIsAskedToComeAgain() throws IOException {
    try (var other = memory.lease()) {
      bounds(other).take(2000);
      var stopped = assertThrows(StoppedException.class, () -> bounds.take(3000));
      assertEquals(503, stopped.over().status());
      assertEquals(RequestLimit.QUERY_MEMORY, stopped.over().limit());
    }
    bounds.take(3000);
  }

  private void series(String name, int count) throws IOException {
    bounds
        .bounded((passing, _, _) -> passed.add(passing))
        .series(name, Labels.EMPTY, new HeldSamples(new long[count], new double[count]));
  }
}
