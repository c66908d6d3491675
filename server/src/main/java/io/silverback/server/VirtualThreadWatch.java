package io.silverback.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Ends the process when its virtual threads have not run for a minute, so that a supervisor starts
 * it again.
 *
 * <p>All requests and all connections between nodes are virtual threads. They stand still for ever
 * once each carrier waits for a virtual thread without one, which the JDK does not rule out: a
 * virtual thread keeps its carrier while it waits for a class that another thread initializes. Such
 * a process answers nothing and never comes back, although nothing is lost that it stored.
 */
final class VirtualThreadWatch implements Runnable {
  static final int EXIT_CODE = 4;

  private static final Log log = Log.of(VirtualThreadWatch.class);
  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final int MOST_MISSED_BEATS = 60;
  private static final Duration TIME_FOR_LAST_WORDS = Duration.ofSeconds(10);

  private final Executor virtualThreads;
  private final LongSupplier cpuNanos;
  private final Duration beat;
  private final Runnable end;

  /**
   * A watch that has not begun.
   *
   * @param cpuNanos the processor time that the process took so far
   * @param beat how often a virtual thread is to run
   * @param end done once too many did not
   */
  VirtualThreadWatch(Executor virtualThreads, LongSupplier cpuNanos, Duration beat, Runnable end) {
    this.virtualThreads = virtualThreads;
    this.cpuNanos = cpuNanos;
    this.beat = beat;
    this.end = end;
  }

  /** Watches for as long as the process lives. */
  static void start() {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    var watch =
        new VirtualThreadWatch(
            Thread::startVirtualThread, system::getProcessCpuTime, BEAT, VirtualThreadWatch::halt);
    Thread.ofPlatform().daemon().name("virtual-thread-watch").start(watch);
  }

  /**
   * Counts its own beats and no time, so that a process that was paused is not ended; and only
   * beats in which the process hardly computed, so that requests which compute for long on all
   * carriers do not end it.
   */
  @Override
  public void run() {
    try {
      var ran = new AtomicBoolean(true);
      int missed = 0;
      while (missed < MOST_MISSED_BEATS) {
        if (ran.compareAndSet(true, false)) {
          missed = 0;
          virtualThreads.execute(() -> ran.set(true));
        }
        long before = cpuNanos.getAsLong();
        Thread.sleep(beat);
        boolean computed = cpuNanos.getAsLong() - before > beat.toNanos() / 2;
        missed += computed ? 0 : 1;
      }
      end.run();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** A virtual thread that stands still may hold the log, too, so that is not waited for long. */
  private static void halt() {
    Thread lastWords = Thread.ofPlatform().daemon().start(VirtualThreadWatch::sayWhy);
    try {
      lastWords.join(TIME_FOR_LAST_WORDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(EXIT_CODE);
  }

  private static void sayWhy() {
    log.error(
        "virtual threads do not run any more and nothing is answered, ending the process",
        "threads",
        dumpThreads());
  }

  private static String dumpThreads() {
    try {
      Path file = Files.createTempDirectory("silverback-threads-").resolve("threads.txt");
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpThreads(file.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
      return file.toString();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
