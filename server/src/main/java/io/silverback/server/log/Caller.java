package io.silverback.server.log;

import java.lang.StackWalker.StackFrame;
import java.util.Optional;
import java.util.Set;

/** Finds the line of code that logs. Costs a few microseconds, so it is done for shown events. */
final class Caller {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static final Set<Class<?>> OURS =
      Set.of(
          Caller.class,
          JulBridge.class,
          Log.class,
          LogSink.class,
          RateLimitedLog.class,
          SinkLogger.class);

  private Caller() {}

  /**
   * Such as {@code PushHandler.java:93}; the short name of the logger if the code has no lines.
   *
   * @param withMethod adds the method, as {@code PushHandler.java(PushHandler.handle):93}
   */
  static String find(String loggerName, boolean withMethod) {
    Optional<StackFrame> frame =
        WALKER.walk(frames -> frames.dropWhile(Caller::isLogging).findFirst());
    return frame
        .filter(found -> found.getFileName() != null && found.getLineNumber() > 0)
        .map(found -> describe(found, withMethod))
        .orElseGet(() -> shortName(loggerName));
  }

  private static boolean isLogging(StackFrame frame) {
    String name = frame.getClassName();
    return OURS.contains(frame.getDeclaringClass())
        || name.startsWith("java.lang.System$Logger")
        || name.startsWith("java.util.logging.")
        || name.startsWith("jdk.internal.logger.")
        || name.startsWith("sun.util.logging.");
  }

  private static String describe(StackFrame frame, boolean withMethod) {
    String method =
        withMethod ? "(" + shortName(frame.getClassName()) + "." + frame.getMethodName() + ")" : "";
    return frame.getFileName() + method + ":" + frame.getLineNumber();
  }

  private static String shortName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }
}
