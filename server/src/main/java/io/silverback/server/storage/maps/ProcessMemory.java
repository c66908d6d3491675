package io.silverback.server.storage.maps;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this process takes of the machine's memory. Thread-safe. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d{1,15}) kB");
  private static final long KIB = 1024;

  private final List<BufferPoolMXBean> buffers =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);

  /**
   * What it takes beside the maps.
   *
   * <p>The system's count says it best, as it knows of the stacks of threads, of the copies that
   * snapshots make and of gaps between entries. It says too little where maps are files on disk for
   * the most part, and nothing on other systems than Linux; so what the JVM knows to have taken is
   * the least.
   *
   * @param mapBytes what the maps have taken
   */
  public long besideBytes(long mapBytes) {
    return Math.max(residentBytes() - mapBytes, jvmBytes());
  }

  /** What the system counts; 0 if it does not say. */
  static long residentBytes() {
    try {
      Matcher resident = RESIDENT.matcher(Files.readString(STATUS));
      return resident.find() ? Long.parseLong(resident.group(1)) * KIB : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private long jvmBytes() {
    var memory = ManagementFactory.getMemoryMXBean();
    long buffered = buffers.stream().mapToLong(pool -> Math.max(0, pool.getMemoryUsed())).sum();
    return memory.getHeapMemoryUsage().getCommitted()
        + memory.getNonHeapMemoryUsage().getCommitted()
        + buffered;
  }
}
