package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.HashMap;
import java.util.Map;

/**
 * What other processes were told a moment ago, so that they are told the same again only after a
 * while: the first time may have been lost. Belongs to the loop.
 */
final class Repeated<T> {
  private final Clock clock;
  private final long nanos;
  private final Map<ProcessId, Told<T>> told = new HashMap<>();

  private record Told<T>(T word, long nanos) {}

  /** Says the same again after that time. */
  Repeated(Clock clock, long nanos) {
    this.clock = clock;
    this.nanos = nanos;
  }

  /** True if the process is to be told that now. */
  boolean isDue(ProcessId to, T word) {
    long now = clock.nanoTime();
    Told<T> last = told.get(to);
    if (last != null && now - last.nanos() <= nanos && last.word().equals(word)) {
      return false;
    }
    // Of those that it is time to tell again nothing has to be known.
    told.values().removeIf(each -> now - each.nanos() > nanos);
    told.put(to, new Told<>(word, now));
    return true;
  }
}
