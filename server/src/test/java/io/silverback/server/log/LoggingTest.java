package io.silverback.server.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.ListResourceBundle;
import java.util.Map;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoggingTest {
  private static final Log LOG = Log.of(LoggingTest.class);

  @Test
  void aLineNamesTheCodeThatLogs() {
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      LOG.info("listening", "address", "[::]:9091");
      assertTrue(
          captured
              .onlyLine()
              .matches(
                  "ts=\\S+Z level=info caller=LoggingTest\\.java:\\d+ msg=listening"
                      + " address=\\[::]:9091"),
          captured.onlyLine());
    }
  }

  @Test
  void debugAddsTheMethod() {
    try (var captured = new CapturedLog(LogLevel.DEBUG, LogFormat.LOGFMT)) {
      LOG.debug("x");
      assertTrue(
          captured
              .onlyLine()
              .contains(" level=debug caller=LoggingTest.java(LoggingTest.debugAddsTheMethod):"),
          captured.onlyLine());
    }
  }

  @Test
  void everyLevelShowsItselfAndWhatIsGraver() {
    int shown = LogLevel.values().length;
    for (LogLevel least : LogLevel.values()) {
      try (var captured = new CapturedLog(least, LogFormat.LOGFMT)) {
        LOG.debug("x");
        LOG.info("x");
        LOG.warn("x");
        LOG.error("x");
        assertEquals(shown--, captured.lines().size());
        assertTrue(captured.lines().getFirst().contains(" level=" + least.text() + " "));
      }
    }
  }

  @Test
  void jsonIsOneObjectALine() {
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.JSON)) {
      LOG.warn("queue is full", "length", 1000);
      assertTrue(captured.onlyLine().startsWith("{\"ts\":\""));
      assertTrue(captured.onlyLine().endsWith("\"msg\":\"queue is full\",\"length\":1000}"));
    }
  }

  /** What the cluster logs, which does not know our log. */
  @Test
  void entriesAsParametersAreFields() {
    System.Logger cluster = System.getLogger("io.silverback.cluster.NodeLog");
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.JSON)) {
      cluster.log(
          System.Logger.Level.WARNING,
          "it's {0} slots",
          Map.entry("slots", 16_384),
          Map.entry("nodes", List.of("a", "b")));
      assertTrue(
          captured
              .onlyLine()
              .endsWith("\"msg\":\"it's {0} slots\",\"slots\":16384,\"nodes\":\"[a, b]\"}"),
          captured.onlyLine());
    }
  }

  @Test
  void librariesSpeakOneLevelLater() {
    System.Logger library = System.getLogger("io.helidon.webserver.LoomServer");
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      library.log(System.Logger.Level.INFO, "started");
      library.log(System.Logger.Level.WARNING, "slow");
      assertTrue(captured.onlyLine().contains(" level=warn "), captured.onlyLine());
    }
    try (var captured = new CapturedLog(LogLevel.DEBUG, LogFormat.LOGFMT)) {
      library.log(System.Logger.Level.DEBUG, "connection");
      library.log(System.Logger.Level.INFO, "started");
      assertTrue(captured.onlyLine().contains(" msg=started"), captured.onlyLine());
    }
  }

  @Test
  void javaUtilLoggingEndsHereToo() {
    Logger library = Logger.getLogger("com.example.Library");
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      library.info("detail");
      library.log(java.util.logging.Level.SEVERE, "lost {0}", "connection\n2");
      assertTrue(
          captured.onlyLine().contains(" level=error caller=LoggingTest.java:"),
          captured.onlyLine());
      assertTrue(captured.onlyLine().endsWith(" msg=\"lost connection\\n2\""), captured.onlyLine());
    }
  }

  @Test
  void platformLoggersKeepTheirPatternsBundlesAndFailures() {
    var bundle =
        new ListResourceBundle() {
          @Override
          protected Object[][] getContents() {
            return new Object[][] {{"greeting", "hello {0}"}};
          }
        };
    System.Logger logger = System.getLogger("io.silverback.test");
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      logger.log(System.Logger.Level.INFO, "{0} of {1}", 1, 2);
      logger.log(System.Logger.Level.INFO, bundle, "greeting", "you");
      logger.log(System.Logger.Level.INFO, bundle, "unheard", "you");
      logger.log(System.Logger.Level.INFO, "not {a pattern", "x");
      logger.log(System.Logger.Level.INFO, "failed", new IllegalStateException("why"));
      logger.log(System.Logger.Level.OFF, "never");
      List<String> lines = captured.lines();
      assertEquals(5, lines.size());
      assertTrue(lines.get(0).endsWith(" msg=\"1 of 2\""));
      assertTrue(lines.get(1).endsWith(" msg=\"hello you\""));
      assertTrue(lines.get(2).endsWith(" msg=unheard"));
      assertTrue(lines.get(3).endsWith(" msg=\"not {a pattern\""));
      assertTrue(lines.get(4).contains(" msg=failed err=\"java.lang.IllegalStateException: why\""));
    }
  }

  @Test
  void linesOfManyThreadsDoNotMix() throws InterruptedException {
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      String filling = "y".repeat(1000);
      List<Thread> threads =
          IntStream.range(0, 8)
              .mapToObj(
                  i ->
                      Thread.ofVirtual()
                          .start(
                              () -> {
                                for (int n = 0; n < 50; n++) {
                                  LOG.info("x", "filling", filling, "thread", i);
                                }
                              }))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(400, captured.lines().size());
      for (String line : captured.lines()) {
        assertTrue(line.matches("ts=.* filling=y{1000} thread=[0-7]"), line);
      }
    }
  }

  @Test
  void whatIsNotShownCanBeAskedFor() {
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      assertTrue(LOG.shows(LogLevel.INFO));
      assertFalse(LOG.shows(LogLevel.DEBUG));
      assertEquals(List.of(), captured.lines());
    }
  }
}
