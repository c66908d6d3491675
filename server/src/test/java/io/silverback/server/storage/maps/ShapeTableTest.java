package io.silverback.server.storage.maps;

import static io.silverback.server.group.Samples.gauge;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.row.GroupShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ShapeTableTest {
  private final OffHeapMaps maps = new OffHeapMaps();
  private final ShapeTable table = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));

  @AfterEach
  void close() {
    maps.close();
  }

  @Test
  void aShapeWithoutUsersGoesWithTheSweepUnlessAVisitBeganBefore() {
    GroupShape shape = acquired(1);
    try (var _ = table.visit()) {
      table.release(shape.fingerprint());
      table.sweep();
      assertEquals(shape, table.shape(shape.fingerprint()));
    }
    table.sweep();
    assertFalse(table.knows(shape.fingerprint()));
    assertEquals(0, maps.symbols.size());
    assertThrows(CorruptFrameException.class, () -> table.shape(shape.fingerprint()));
  }

  @Test
  void textsThatWereAcquiredBeforeGoToTheShapeOrAreReleased() {
    GroupShape shape = largeShape();
    var lock = new ReentrantLock(true);

    table.prepare(shape, lock, () -> false).close();
    assertEquals(0, maps.symbols.size());
    table.prepare(shape, lock, () -> true).close();
    assertEquals(0, maps.symbols.size());
    try (var texts = table.prepare(shape, lock, () -> true)) {
      assertEquals(3_000, maps.symbols.size());
      assertEquals(Optional.empty(), table.acquire(shape, texts));
    }
    assertEquals(3_000, maps.symbols.size());
    assertEquals(shape, table.shape(shape.fingerprint()));

    table.release(shape.fingerprint());
    table.sweep();
    assertEquals(0, maps.symbols.size());
  }

  @Test
  void theLockIsGivenToOthersAgainAndAgain() {
    int[] locked = new int[1];
    var lock =
        new ReentrantLock(true) {
          private static final long serialVersionUID = 1L;

          @Override
          public void lock() {
            locked[0]++;
            super.lock();
          }
        };

    try (var _ = table.prepare(largeShape(), lock, () -> true)) {
      assertEquals(6, locked[0]);
      assertFalse(lock.isLocked());
    }
    assertEquals(12, locked[0]);
  }

  @Test
  void aLargeShapeIsNotPreparedPastTheDeadline() {
    GroupShape shape = largeShape();
    long[] now = new long[1];
    // A look at the clock takes a second: so there is time for two lots of texts.
    var deadline = Deadline.of(Duration.ofSeconds(3), () -> now[0] += 1_000_000_000L, () -> false);
    deadline.begin();

    assertThrows(
        DeadlineException.class,
        () -> deadline.during(() -> table.prepare(shape, new ReentrantLock(), () -> true)));
    assertEquals(0, maps.symbols.size());
  }

  @Test
  void aVisitThatBeginsDuringASweepIsProtected() throws InterruptedException {
    List<GroupShape> shapes = IntStream.range(0, 40).mapToObj(this::acquired).toList();
    // A sweep takes one after the other in this order, and waits at the first as long as we hold
    // it.
    List<byte[]> inOrder = new ArrayList<>();
    maps.shapes.forEach((key, _) -> inOrder.add(Keys.copyOf(key)));
    GroupShape lost =
        shapes.stream()
            .filter(shape -> Arrays.equals(Keys.of(shape.fingerprint()), inOrder.getLast()))
            .findAny()
            .orElseThrow();
    var isHeld = new CountDownLatch(1);
    var mayGoOn = new CountDownLatch(1);
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    maps.shapes.edit(
                        inOrder.getFirst(),
                        _ -> {
                          isHeld.countDown();
                          await(mayGoOn);
                        }));
    isHeld.await();
    Thread sweep = Thread.ofPlatform().start(table::sweep);
    // Long enough to look who visits, which is the first that a sweep does.
    Thread.sleep(200);
    try (var _ = table.visit()) {
      table.release(lost.fingerprint());
      mayGoOn.countDown();
      sweep.join();
      holder.join();
      assertEquals(lost, table.shape(lost.fingerprint()));
    }
    table.sweep();
    assertFalse(table.knows(lost.fingerprint()));
  }

  private static GroupShape largeShape() {
    GroupingKey key = GroupingKey.of("x");
    List<MetricFamily> families =
        IntStream.range(0, 3_000).mapToObj(i -> gauge("m" + i, 1, "job", "x")).toList();
    return GroupShape.of(key, families);
  }

  private GroupShape acquired(int number) {
    var series = gauge("m" + number, 1, "job", "x", "l", "v" + number);
    GroupShape shape = GroupShape.of(GroupingKey.of("x"), List.of(series));
    assertEquals(Optional.empty(), table.acquire(shape));
    return shape;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
