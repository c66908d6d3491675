package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.row.GroupShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int MANY = 10_000;

  private long nowNanos;
  private boolean isAbandoned;
  private final Deadline deadline = Deadline.of(SECOND, () -> nowNanos, () -> isAbandoned);

  @Test
  void workEndsWhenItsTimeIsOver() {
    deadline.begin();
    nowNanos = SECOND.toNanos();
    deadline.lookNow();
    nowNanos++;
    assertEquals(
        DeadlineException.Reason.TIME,
        assertThrows(DeadlineException.class, deadline::lookNow).reason());
  }

  @Test
  void workEndsSoonAfterNobodyWaitsForItAnyMore() {
    deadline.begin();
    isAbandoned = true;
    deadline.lookNow();
    nowNanos = SECOND.toNanos() / 2;
    assertEquals(
        DeadlineException.Reason.ABANDONED,
        assertThrows(DeadlineException.class, deadline::lookNow).reason());
  }

  @Test
  void whatHasNotBegunHasAllTheTime() {
    nowNanos = Long.MAX_VALUE;
    isAbandoned = true;
    assertDoesNotThrow(this::takeManySteps);
  }

  @Test
  void manyStepsAreSureToLook() {
    deadline.begin();
    nowNanos = 2 * SECOND.toNanos();
    assertThrows(DeadlineException.class, this::takeManySteps);
  }

  @Test
  void theInnermostDeadlineCounts() {
    assertSame(Deadline.NONE, Deadline.current());
    deadline.during(
        () -> {
          assertSame(deadline, Deadline.current());
          assertSame(Deadline.NONE, Deadline.NONE.call(Deadline::current));
          assertSame(deadline, Deadline.current());
        });
    assertSame(Deadline.NONE, Deadline.current());
  }

  @Test
  void manyLinesAreReadOnlyUntilThen() {
    assertEnds(() -> text("a 1\n".repeat(MANY)));
    assertEnds(() -> text("# a\n".repeat(MANY)));
  }

  @Test
  void manyLabelsOfALineAreReadOnlyUntilThen() {
    assertEnds(() -> text("a{" + labels() + "} 1\n"));
    assertEnds(() -> text("{" + labels() + "a} 1\n"));
  }

  @Test
  void manyFieldsOfAMessageAreReadOnlyUntilThen() {
    int length = 3 + 3 * MANY;
    var body = ByteBuffer.allocate(3 + length);
    body.put((byte) (length | 0x80)).put((byte) (length >> 7 | 0x80)).put((byte) (length >> 14));
    body.put((byte) 0x0a).put((byte) 1).put((byte) 'a');
    for (int i = 0; i < MANY; i++) {
      // Field 31, which nobody knows, has the value 1.
      body.put((byte) 0xf8).put((byte) 1).put((byte) 1);
    }
    assertEnds(() -> new ProtobufParser().parse(body.array(), body.capacity()));
  }

  @Test
  void theShapeOfManySeriesIsMadeOnlyUntilThen() {
    Labels job = Labels.of("job", "x");
    List<Metric> metrics =
        IntStream.range(0, MANY).<Metric>mapToObj(i -> new Metric.Gauge(job, i)).toList();
    var family = new MetricFamily("a", "", MetricType.GAUGE, metrics);
    var key = new GroupingKey(job);
    assertEnds(() -> GroupShape.of(key, List.of(family)));
    assertEnds(() -> GroupShape.fingerprintOf(key, List.of(family)));
  }

  private void assertEnds(Runnable work) {
    nowNanos = 0;
    deadline.begin();
    deadline.during(work::run);
    nowNanos = 2 * SECOND.toNanos();
    assertThrows(DeadlineException.class, () -> deadline.during(work::run));
  }

  private void takeManySteps() {
    for (int i = 0; i < MANY; i++) {
      deadline.look();
    }
  }

  private static String labels() {
    var labels = new StringBuilder();
    for (int i = 0; i < MANY; i++) {
      labels.append('l').append(i).append("=\"\",");
    }
    return labels.toString();
  }

  private static void text(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    new TextParser(NameValidation.LEGACY).parse(bytes, bytes.length);
  }
}
