package io.silverback.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ChoreTest {
  private static final Duration SOON = Duration.ofMillis(1);
  private static final Duration NEVER = Duration.ofHours(1);

  @Test
  void goesOnAfterWhateverIsThrown() throws InterruptedException {
    var runs = new AtomicInteger();
    var done = new CountDownLatch(1);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var chore =
            new Chore(
                "some",
                Chore.Need.VITAL,
                SOON,
                () -> {
                  switch (runs.incrementAndGet()) {
                    case 1 -> throw new IOException("disk");
                    case 2 -> throw new IllegalStateException("bug");
                    case 3 -> throw new InternalError("a fault occurred in an unsafe access");
                    case 4 -> throw new StackOverflowError();
                    case 6 -> done.countDown();
                    default -> {}
                  }
                })) {
      assertTrue(done.await(30, TimeUnit.SECONDS));
      assertEquals(4, chore.statistics().failures());
      assertEquals(Optional.empty(), chore.statistics().trouble());
      List<String> told = log.lines().stream().filter(line -> line.contains("chore=some")).toList();
      // The first of those in a row, and the end.
      assertEquals(2, told.size(), told::toString);
      assertTrue(told.getFirst().contains("a chore of the store failed and is tried again"));
      assertTrue(told.getLast().contains("goes on"), told::toString);
    }
  }

  @Test
  void threeFailuresInARowAreTroubleUntilItGoesWell() {
    var fails = new boolean[] {true};
    try (var chore = chore(Chore.Need.VITAL, fails)) {
      chore.runOnce();
      chore.runOnce();
      assertEquals(Optional.empty(), chore.statistics().trouble());
      chore.runOnce();
      assertEquals(
          Optional.of(
              "the store cannot go on with a chore, see the log: chore=some failures=3"
                  + " reason=java.io.IOException: no disk"),
          chore.statistics().trouble());
      fails[0] = false;
      chore.runOnce();
      assertEquals(Optional.empty(), chore.statistics().trouble());
      assertEquals(3, chore.statistics().failures());
    }
  }

  @Test
  void whatCanWaitIsNoTrouble() {
    try (var chore = chore(Chore.Need.CAN_WAIT, new boolean[] {true})) {
      for (int i = 0; i < 10; i++) {
        chore.runOnce();
      }
      assertEquals(Optional.empty(), chore.statistics().trouble());
      assertEquals(10, chore.statistics().failures());
    }
  }

  @Test
  void onlySuccessMovesTheTimeOfTheLastOne() throws InterruptedException {
    var fails = new boolean[] {true};
    try (var chore = chore(Chore.Need.VITAL, fails)) {
      long began = chore.statistics().lastSuccessMillis();
      assertTrue(Math.abs(began - System.currentTimeMillis()) < 30_000);
      Thread.sleep(5);
      chore.runOnce();
      assertEquals(began, chore.statistics().lastSuccessMillis());
      fails[0] = false;
      chore.runOnce();
      assertTrue(chore.statistics().lastSuccessMillis() > began);
    }
  }

  @Test
  void aChoreThatIsClosedEndsWithoutAWord() {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      var isRunning = new CountDownLatch(1);
      var chore =
          new Chore(
              "some",
              Chore.Need.VITAL,
              SOON,
              () -> {
                isRunning.countDown();
                await(() -> Thread.currentThread().isInterrupted());
                throw new IOException("interrupted");
              });
      await(() -> isRunning.getCount() == 0);
      chore.close();
      assertTrue(chore.awaitEnd(Duration.ofSeconds(30)));
      assertEquals(Optional.empty(), chore.statistics().trouble());
      assertEquals(List.of(), log.lines());
    }
  }

  private static Chore chore(Chore.Need need, boolean[] fails) {
    return new Chore(
        "some",
        need,
        NEVER,
        () -> {
          if (fails[0]) {
            throw new IOException("no disk");
          }
        });
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }
}
