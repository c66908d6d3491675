package io.silverback.server.flags;

import io.silverback.server.handler.DoorLimits;
import io.silverback.server.storage.StorageLimits;
import java.util.regex.Pattern;

/** What the flags say of the limits of the doors and of the store. */
final class LimitFlags {
  /** Half of the heap is for everything else, and for what the estimates of bodies miss. */
  private static final int HEAP_PART_OF_BODIES = 2;

  /** Queries take none of the heap, but the process is as large as both. */
  private static final int HEAP_PART_OF_QUERIES = 8;

  /** What an open connection costs at most, with TLS, and as much again. */
  private static final int HEAP_BYTES_OF_CONNECTION = 256 * 1024;

  private static final int MOST_CONNECTIONS = 4096;

  /** The places of many small groups take less beside what is stored of them. */
  private static final int MEMORY_PART_OF_SCRAPES = 8;

  /** Files of the store, libraries, and the connections of a cluster. */
  private static final int DESCRIPTORS_FOR_THE_REST = 256;

  private static final Pattern COUNT = Pattern.compile("\\d{1,18}");

  private LimitFlags() {}

  /**
   * The limits, of which some depend on the heap where the flag is empty.
   *
   * @throws StartUpException with one line that says what to change
   */
  static DoorLimits doors(Flags flags) {
    long heap = Runtime.getRuntime().maxMemory();
    return new DoorLimits(
        flags.bytes("limits.max-body-size"),
        flags.bytes("limits.max-inflated-size"),
        flags.text("limits.max-body-memory").isEmpty()
            ? heap / HEAP_PART_OF_BODIES
            : flags.manyBytes("limits.max-body-memory"),
        flags.number("limits.max-labels-per-series", Integer.MAX_VALUE),
        flags.bytes("limits.max-key-length"),
        flags.number("limits.max-families-per-push", Integer.MAX_VALUE),
        flags.positiveDuration("limits.push-timeout"),
        flags.number("limits.max-selectors", Integer.MAX_VALUE),
        flags.bytes("limits.max-form-size"),
        flags.positiveDuration("limits.body-timeout"),
        flags.manyBytes("limits.min-body-rate"),
        flags.positiveDuration("limits.max-body-time"),
        flags.number("limits.max-concurrent-pushes", Integer.MAX_VALUE),
        flags.number("limits.max-concurrent-scrapes", Integer.MAX_VALUE),
        flags.text("limits.max-scrape-memory").isEmpty()
            ? scrapeMemory(flags, heap)
            : flags.manyBytes("limits.max-scrape-memory"),
        flags.duration("limits.max-wait"),
        flags.number("limits.max-history-samples", Integer.MAX_VALUE),
        flags.positiveDuration("limits.query-timeout"),
        flags.text("limits.max-query-memory").isEmpty()
            ? heap / HEAP_PART_OF_QUERIES
            : flags.manyBytes("limits.max-query-memory"),
        maxConnections(flags, heap),
        flags.positiveDuration("limits.idle-timeout"));
  }

  /** What the flag says or the heap allows, and never more than there are file descriptors for. */
  private static int maxConnections(Flags flags, long heap) {
    int wanted =
        flags.text("limits.max-connections").isEmpty()
            ? (int) Math.min(MOST_CONNECTIONS, heap / HEAP_BYTES_OF_CONNECTION)
            : flags.number("limits.max-connections", 1_000_000);
    long descriptors = FileDescriptors.most() - DESCRIPTORS_FOR_THE_REST;
    int addresses = flags.many("web.listen-address").size();
    return Math.clamp(Math.min(wanted, descriptors / addresses), 1, wanted);
  }

  /**
   * The limits, 0 for those that are not set.
   *
   * @throws StartUpException with one line that says what to change
   */
  static StorageLimits store(Flags flags) {
    return new StorageLimits(
        maxMemory(flags.text("storage.max-memory")),
        count("limits.max-groups", flags),
        count("limits.max-series", flags),
        count("limits.max-series-per-group", flags),
        count("limits.max-label-length", flags));
  }

  private static long scrapeMemory(Flags flags, long heap) {
    long memory = maxMemory(flags.text("storage.max-memory"));
    return (memory == 0 ? heap : memory) / MEMORY_PART_OF_SCRAPES;
  }

  private static long maxMemory(String given) {
    try {
      return ByteSize.parse(given, MachineMemory.bytes());
    } catch (IllegalArgumentException e) {
      throw Flags.bad("storage.max-memory", given, "a size such as 4GiB, a part such as 60%, or 0");
    }
  }

  private static long count(String name, Flags flags) {
    String given = flags.text(name);
    if (!COUNT.matcher(given).matches()) {
      throw Flags.bad(name, given, "a whole number, 0 for no limit");
    }
    return Long.parseLong(given);
  }
}
