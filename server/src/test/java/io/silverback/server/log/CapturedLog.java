package io.silverback.server.log;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Takes the place of stderr as the log's end, for one test. Not for tests that run in parallel. */
public final class CapturedLog implements AutoCloseable {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public CapturedLog(LogLevel level, LogFormat format) {
    Logging.configure(level, format, new PrintStream(bytes, false, StandardCharsets.UTF_8));
  }

  public List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  public String onlyLine() {
    List<String> lines = lines();
    if (lines.size() != 1) {
      throw new AssertionError("expected one line: lines=" + lines);
    }
    return lines.getFirst();
  }

  @Override
  public void close() {
    Logging.configure(LogLevel.INFO, LogFormat.LOGFMT);
  }
}
