package io.silverback.server;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Has the old generation collected before it grows without need.
 *
 * <p>The serial collector does that only once the heap has grown to its limit, which has to be high
 * for the largest bodies. As what is stored is not on the heap, hardly anything there lives long,
 * so collecting it is quick.
 */
final class OldGarbage {
  private static final String SERIAL_OLD_GENERATION = "Tenured Gen";
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final long MUCH_BYTES = 48L << 20;

  /** While memory is short, time is spent to save it. */
  private static final long MUCH_WHEN_SHORT_BYTES = 16L << 20;

  private OldGarbage() {}

  /**
   * Watches for as long as the process lives; does nothing with another collector.
   *
   * @param memoryIsShort true while the process should rather take time than memory
   */
  static void watch(BooleanSupplier memoryIsShort) {
    ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals(SERIAL_OLD_GENERATION))
        .forEach(
            pool ->
                Thread.ofPlatform()
                    .daemon()
                    .name("old-garbage")
                    .start(() -> watchForEver(pool, memoryIsShort)));
  }

  private static void watchForEver(MemoryPoolMXBean pool, BooleanSupplier memoryIsShort) {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        MemoryUsage afterLast = pool.getCollectionUsage();
        long lived = afterLast == null ? 0 : afterLast.getUsed();
        long most =
            memoryIsShort.getAsBoolean()
                ? lived + lived / 4 + MUCH_WHEN_SHORT_BYTES
                : 2 * lived + MUCH_BYTES;
        if (pool.getUsage().getUsed() > most) {
          System.gc();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
