package io.silverback.server.log;

import java.io.PrintStream;

/**
 * The process-wide switch of the log. Until it is set, lines go to stderr as logfmt, from INFO on.
 */
public final class Logging {
  private static volatile LogSink sink = new LogSink(LogLevel.INFO, LogFormat.LOGFMT, System.err);

  private Logging() {}

  /**
   * Sets what is shown from now on and how, for this code and for libraries, which speak one level
   * later. Call it once, first thing at start.
   */
  public static void configure(LogLevel level, LogFormat format) {
    configure(level, format, System.err);
  }

  static void configure(LogLevel level, LogFormat format, PrintStream out) {
    var configured = new LogSink(level, format, out);
    sink = configured;
    JulBridge.install(configured.libraryLevel());
  }

  static LogSink sink() {
    return sink;
  }
}
