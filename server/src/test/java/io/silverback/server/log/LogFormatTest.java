package io.silverback.server.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class LogFormatTest {
  private static final Instant TIME = Instant.parse("2026-11-21T21:21:10.086297178Z");

  private static String line(LogFormat format, String sentence, Object... keysAndValues) {
    return format.line(
        new LogEvent(
            TIME, LogLevel.ERROR, "PushHandler.java:93", sentence, LogFields.of(keysAndValues)));
  }

  private static String logfmtOf(String value) {
    String line = line(LogFormat.LOGFMT, "s", "k", value);
    return line.substring(line.indexOf(" k=") + 3, line.length() - 1);
  }

  @Test
  void logfmtLooksLikeUpstream() {
    assertEquals(
        """
        ts=2026-11-21T21:21:10.086Z level=error caller=PushHandler.java:93 \
        msg="pushed metrics are invalid" method=PUT source=127.0.0.1:4711 err="a \\"b\\" c"
        """,
        line(
            LogFormat.LOGFMT,
            "pushed metrics are invalid",
            "method",
            "PUT",
            "source",
            "127.0.0.1:4711",
            "err",
            "a \"b\" c"));
  }

  @Test
  void jsonHasTheSameKeysAndKeepsNumbers() {
    assertEquals(
        """
        {"ts":"2026-11-21T21:21:10.086Z","level":"error","caller":"PushHandler.java:93",\
        "msg":"wiped","groups":3,"forced":true,"ratio":"NaN","by":"a\\"\\\\\\n\\u0001"}
        """,
        line(
            LogFormat.JSON,
            "wiped",
            "groups",
            3,
            "forced",
            true,
            "ratio",
            Double.NaN,
            "by",
            "a\"\\\n\u0001"));
  }

  @Test
  void wholeSecondsKeepTheirMilliseconds() {
    String line =
        LogFormat.LOGFMT.line(
            new LogEvent(
                Instant.parse("2026-11-21T21:21:10Z"), LogLevel.INFO, "c", "s", LogFields.NONE));
    assertTrue(line.startsWith("ts=2026-11-21T21:21:10.000Z level=info "), line);
  }

  @Test
  void valuesAreQuotedOnlyWhereNeeded() {
    assertEquals("plain", logfmtOf("plain"));
    assertEquals("back\\slash", logfmtOf("back\\slash"));
    assertEquals("größe", logfmtOf("größe"));
    assertEquals("\"\"", logfmtOf(""));
    assertEquals("\"a b\"", logfmtOf("a b"));
    assertEquals("\"a=b\"", logfmtOf("a=b"));
    assertEquals("\"\\xfe\"".replace("\\xfe", "\\x7f"), logfmtOf("\u007f"));
  }

  @Test
  void whatDoesNotPrintIsEscaped() {
    assertEquals("\"\\x1b[31m\\x00\"", logfmtOf("\u001b[31m\u0000"));
    assertEquals("\"\\u202e\\u2028\\u0085\"", logfmtOf("\u202e\u2028\u0085"));
    assertEquals("\"\\ud800\"", logfmtOf("\ud800"));
    assertEquals("\"\\U000e0001\"", logfmtOf("\udb40\udc01"));
    assertTrue(line(LogFormat.JSON, "s", "k", "\udb40\udc01").contains("\"\\udb40\\udc01\""));
  }

  @Test
  void aBreakInAValueDoesNotForgeALine() {
    assertEquals(
        "\"x\\nts=2026 level=error\\r\\tmsg=forged\"",
        logfmtOf("x\nts=2026 level=error\r\tmsg=forged"));
  }

  @Property(tries = 500)
  void anyTextStaysOneLine(@ForAll String text) {
    for (LogFormat format : LogFormat.values()) {
      String line = line(format, text, text, text);
      assertEquals(line.length() - 1, line.indexOf('\n'), line);
      assertFalse(line.chars().limit(line.length() - 1L).anyMatch(c -> c < ' '), line);
    }
  }

  @Test
  void longValuesAreCut() {
    String line = line(LogFormat.LOGFMT, "s", "k", "x".repeat(100_000));
    assertTrue(line.length() < 2300, () -> "length=" + line.length());
    assertTrue(line.endsWith("... (97952 more characters)\"\n"), line);
  }

  @Test
  void aCutDoesNotSplitACharacter() {
    String line = line(LogFormat.LOGFMT, "s", "k", "x".repeat(2047) + "\ud83e\udd8d and more");
    assertTrue(line.endsWith("x... (11 more characters)\"\n"), line);
  }

  @Test
  void aThrowableAddsItsStack() {
    String line = line(LogFormat.LOGFMT, "s", "err", new IllegalStateException("bad state"));
    assertTrue(line.contains(" err=\"java.lang.IllegalStateException: bad state\" "), line);
    assertTrue(line.contains("\\n\\tat io.silverback.server.log.LogFormatTest."), line);
    assertTrue(line.length() < 9000, () -> "length=" + line.length());
  }

  @Test
  void keysOfTheLineItselfCannotBeGivenTwice() {
    String line = line(LogFormat.LOGFMT, "s", "level", "info", "ts", 1);
    assertTrue(line.endsWith(" msg=s logged_level=info logged_ts=1\n"), line);
  }

  @Test
  void aKeyWithoutValueShows() {
    assertTrue(line(LogFormat.LOGFMT, "s", "a", 1, "b").endsWith(" a=1 !BADKEY=b\n"));
  }

  @Test
  void namesOfFlagsAreRead() {
    assertEquals(LogLevel.WARN, LogLevel.of("Warn"));
    assertEquals(LogFormat.JSON, LogFormat.of("json"));
    assertEquals(
        "unrecognized log level x",
        assertThrows(IllegalArgumentException.class, () -> LogLevel.of("x")).getMessage());
    assertEquals(
        "unrecognized log format x",
        assertThrows(IllegalArgumentException.class, () -> LogFormat.of("x")).getMessage());
  }
}
