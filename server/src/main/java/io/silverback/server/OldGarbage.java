package io.silverback.server;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;

/**
 * Has the old generation collected before it grows without need.
 *
 * <p>The serial collector does that only once the heap has grown to its limit, which has to be high
 * for the largest bodies. As what is stored does not lie on the heap, hardly anything there lives
 * long, so collecting it is quick.
 */
final class OldGarbage {
  private static final String SERIAL_OLD_GENERATION = "Tenured Gen";
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final long MUCH_BYTES = 48L << 20;

  private OldGarbage() {}

  /** Watches for as long as the process lives; does nothing with another collector. */
  static void watch() {
    ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals(SERIAL_OLD_GENERATION))
        .forEach(
            pool ->
                Thread.ofPlatform().daemon().name("old-garbage").start(() -> watchForEver(pool)));
  }

  private static void watchForEver(MemoryPoolMXBean pool) {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        MemoryUsage afterLast = pool.getCollectionUsage();
        long lived = afterLast == null ? 0 : afterLast.getUsed();
        if (pool.getUsage().getUsed() > 2 * lived + MUCH_BYTES) {
          System.gc();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
