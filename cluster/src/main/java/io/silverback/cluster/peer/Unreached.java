package io.silverback.cluster.peer;

import static java.util.Map.entry;

import io.silverback.cluster.Trouble;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The addresses that no connection can be opened to now, and the last stranger that was not let in.
 * Logs an address once when it has failed for a while, and once when it is reached again.
 * Thread-safe.
 */
final class Unreached {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());

  /** Nodes that start together fail to reach one another at first. */
  private static final long WORTH_A_LINE_NANOS = Duration.ofSeconds(5).toNanos();

  /** After that nobody sends there any more, or the stranger has gone. */
  private static final long RECENT_NANOS = Duration.ofSeconds(30).toNanos();

  private final int most;
  private final Map<String, Failing> failing = new LinkedHashMap<>();
  private Optional<Stranger> stranger = Optional.empty();

  private record Failing(long firstNanos, long lastNanos, String reason, boolean isLogged) {}

  private record Stranger(Trouble trouble, long nanos) {}

  /**
   * Nothing has failed yet.
   *
   * @param most how many addresses are remembered
   */
  Unreached(int most) {
    this.most = most;
  }

  private static double seconds(long nanos) {
    return Duration.ofNanos(nanos).toMillis() / 1e3;
  }

  synchronized void failed(String address, String reason, long nowNanos) {
    failing.values().removeIf(each -> nowNanos - each.lastNanos() > RECENT_NANOS);
    Failing before = failing.get(address);
    if (before == null && failing.size() >= most) {
      return;
    }
    long first = before == null ? nowNanos : before.firstNanos();
    boolean wasLogged = before != null && before.isLogged();
    boolean isDue = !wasLogged && nowNanos - first >= WORTH_A_LINE_NANOS;
    failing.put(address, new Failing(first, nowNanos, reason, wasLogged || isDue));
    if (isDue) {
      logger.log(
          Level.WARNING,
          "a node cannot be reached",
          entry("peer", address),
          entry("reason", reason),
          entry("after_seconds", seconds(nowNanos - first)));
    }
  }

  synchronized void reached(String address, long nowNanos) {
    Failing before = failing.remove(address);
    if (before != null && before.isLogged()) {
      logger.log(
          Level.INFO,
          "a node is reached again",
          entry("peer", address),
          entry("after_seconds", seconds(nowNanos - before.firstNanos())));
    }
  }

  /** One that connected was not let in, for something that its operator can change. */
  synchronized void refused(String address, String reason, long nowNanos) {
    stranger = Optional.of(new Stranger(new Trouble(address, reason), nowNanos));
  }

  synchronized List<Trouble> recent(long nowNanos) {
    var troubles = new ArrayList<Trouble>();
    failing.forEach(
        (address, each) -> {
          if (nowNanos - each.lastNanos() <= RECENT_NANOS) {
            troubles.add(new Trouble(address, each.reason()));
          }
        });
    stranger
        .filter(last -> nowNanos - last.nanos() <= RECENT_NANOS)
        .ifPresent(last -> troubles.add(last.trouble()));
    return troubles;
  }
}
