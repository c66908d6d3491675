package io.silverback.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that unusually large heads of requests may take together. Thread-safe. */
final class HeadMemory {
  private final long mostBytes;
  private final AtomicLong taken = new AtomicLong();

  HeadMemory(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Takes that much; what was taken has to be given back, also after a refusal. */
  boolean take(int bytes) {
    return bytes == 0 || taken.addAndGet(bytes) <= mostBytes;
  }

  void giveBack(int bytes) {
    if (bytes > 0) {
      taken.addAndGet(-bytes);
    }
  }

  /** True if large heads will be refused soon unless others end. */
  boolean isShort() {
    return taken.get() > mostBytes / 2;
  }

  long takenBytes() {
    return taken.get();
  }
}
