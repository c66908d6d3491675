package io.silverback.server.storage.pages;

/** How much room pages take by when their last row was pushed. Not thread-safe. */
public final class PageAges {
  private static final int SLOTS = 1024;

  private final long startMillis;
  private final long slotMillis;
  private final long[] bytes = new long[SLOTS];
  private long totalBytes;

  /** Ages between two moments; what is outside counts at the nearer one. */
  public PageAges(long startMillis, long endMillis) {
    this.startMillis = startMillis;
    this.slotMillis = Math.max(0, endMillis - startMillis) / SLOTS + 1;
  }

  public void add(long lastMillis, long pageBytes) {
    long slot = Math.floorDiv(lastMillis - startMillis, slotMillis);
    bytes[Math.clamp(slot, 0, SLOTS - 1)] += pageBytes;
    totalBytes += pageBytes;
  }

  public long totalBytes() {
    return totalBytes;
  }

  /** The earliest moment known before which there are pages of that many bytes. */
  public long momentAfter(long wantedBytes) {
    long sum = 0;
    int slot = 0;
    while (slot < SLOTS && sum < wantedBytes) {
      sum += bytes[slot++];
    }
    return startMillis + slot * slotMillis;
  }
}
