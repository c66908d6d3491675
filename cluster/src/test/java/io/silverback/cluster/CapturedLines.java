package io.silverback.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** What some classes log while a test runs, each line as sentence and fields. */
public final class CapturedLines extends Handler {
  private final Logger logger;
  private final Level before;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  /** Of a class, or of all classes of a package. */
  public CapturedLines(String name) {
    logger = Logger.getLogger(name);
    before = logger.getLevel();
    logger.setLevel(Level.INFO);
    logger.setUseParentHandlers(false);
    logger.addHandler(this);
  }

  /** All so far. */
  public List<String> lines() {
    return lines;
  }

  /** Those that begin so. */
  public List<String> lines(String beginning) {
    return lines.stream().filter(line -> line.startsWith(beginning)).toList();
  }

  @Override
  public void publish(LogRecord line) {
    Object[] fields = line.getParameters() == null ? new Object[0] : line.getParameters();
    lines.add(
        line.getMessage()
            + Arrays.stream(fields).map(field -> " " + field).collect(Collectors.joining()));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
    logger.setLevel(before);
  }
}
