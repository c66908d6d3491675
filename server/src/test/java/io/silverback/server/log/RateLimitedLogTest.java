package io.silverback.server.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RateLimitedLogTest {
  private static final long SECOND = 1_000_000_000L;

  private final CapturedLog captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
  // Close to where System.nanoTime may overflow.
  private long now = Long.MAX_VALUE - 5 * SECOND;
  private final RateLimitedLog log = limited(3);

  private RateLimitedLog limited(int subjects) {
    return new RateLimitedLog(
        Log.of(RateLimitedLogTest.class), Duration.ofSeconds(10), subjects, () -> now);
  }

  @AfterEach
  void close() {
    captured.close();
  }

  /** The lines from their message on. */
  private List<String> said() {
    return captured.lines().stream()
        .map(line -> line.substring(line.indexOf("msg=") + "msg=".length()))
        .toList();
  }

  @Test
  void repeatsAreCountedAndToldByTheNextLine() {
    log.error("a", "refused", "n", 1);
    log.error("a", "refused", "n", 2);
    now += 10 * SECOND - 1;
    log.error("a", "refused", "n", 3);
    now += 1;
    log.error("a", "refused", "n", 4);
    now += 10 * SECOND;
    log.error("a", "refused", "n", 5);
    assertEquals(List.of("refused n=1", "refused n=4 suppressed=2", "refused n=5"), said());
  }

  @Test
  void nothingOfASubjectIsKeptButADigest() throws InterruptedException {
    WeakReference<String> subject = speakOf("x".repeat(60_000));

    for (int i = 0; i < 1000 && !subject.refersTo(null); i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertTrue(subject.refersTo(null));
    log.error("x".repeat(60_000), "refused");
    assertEquals(List.of("refused"), said());
  }

  private WeakReference<String> speakOf(String subject) {
    log.error(subject, "refused");
    return new WeakReference<>(subject);
  }

  @Test
  void subjectsDoNotSilenceOneAnother() {
    log.error("a", "refused");
    log.info("b", "malformed");
    log.error("a", "refused");
    log.info("b", "malformed");
    assertEquals(List.of("refused", "malformed"), said());
    assertTrue(captured.lines().getFirst().contains("level=error caller=RateLimitedLogTest.java:"));
    assertTrue(captured.lines().getLast().contains("level=info caller=RateLimitedLogTest.java:"));
  }

  @Test
  void aFloodOfSubjectsIsLimitedAsAWhole() {
    for (int i = 0; i < 1000; i++) {
      log.error("subject " + i, "refused", "n", i);
    }
    now += 10 * SECOND;
    log.error("late", "refused", "n", "late");
    assertEquals(
        List.of(
            "refused n=0", "refused n=1", "refused n=2", "refused n=late suppressed_others=997"),
        said());
  }

  @Test
  void aForgottenSubjectLeavesItsCountBehind() {
    log.error("a", "refused");
    log.error("a", "refused");
    log.error("b", "refused");
    now += SECOND;
    log.error("c", "refused");
    now += 9 * SECOND;
    log.error("d", "refused", "n", "d");
    log.error("a", "refused", "n", "a");
    assertEquals(List.of("refused n=d suppressed_others=1", "refused n=a"), said().subList(3, 5));
  }

  @Test
  void aSubjectThatSpeaksAgainIsNotTheEldest() {
    log.error("a", "refused");
    log.error("b", "refused");
    log.error("c", "refused");
    now += 10 * SECOND;
    log.error("a", "refused");
    log.error("d", "refused");
    log.error("a", "refused");
    now += 10 * SECOND;
    log.error("a", "refused", "n", "last");
    assertEquals("refused n=last suppressed=1", said().getLast());
  }

  @Test
  void whatTheLevelHidesTakesNoTurn() {
    try (var errorsOnly = new CapturedLog(LogLevel.ERROR, LogFormat.LOGFMT)) {
      log.info("a", "malformed");
      log.error("a", "refused");
      assertTrue(errorsOnly.onlyLine().endsWith("msg=refused"));
    }
  }

  @Test
  void nothingIsLostBetweenThreads() throws InterruptedException {
    List<Thread> threads =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              for (int n = 0; n < 500; n++) {
                                log.error("s" + (n % 5), "refused");
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(3, captured.lines().size());
    now += 10 * SECOND;
    for (int n = 0; n < 5; n++) {
      log.error("s" + n, "refused");
    }
    long told =
        said().stream()
            .flatMap(line -> List.of(line.split(" ")).stream())
            .filter(word -> word.startsWith("suppressed"))
            .mapToLong(word -> Long.parseLong(word.substring(word.indexOf('=') + 1)))
            .sum();
    long spoken = captured.lines().size();
    // Two of the five find no free place in the second round, and no later line reports them.
    assertEquals(8 * 500 + 5, told + spoken + 2);
  }

  @Test
  void limitsMustBePositive() {
    assertThrows(IllegalArgumentException.class, () -> limited(0));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new RateLimitedLog(
                Log.of(RateLimitedLogTest.class), Duration.ZERO, 1, System::nanoTime));
  }
}
