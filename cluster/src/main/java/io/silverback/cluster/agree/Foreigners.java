package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Member;
import io.silverback.cluster.NodeLog;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Processes that belong to another cluster and reach this one, since a list of peers or an old
 * store led them here. They are heard, and told of, and that is all. Belongs to the loop.
 */
public final class Foreigners {
  private static final System.Logger logger = System.getLogger(Foreigners.class.getName());

  private static final int MOST_REMEMBERED = 1_000;

  private final Clock clock;
  private final long rememberedNanos;
  private final Map<ProcessId, Heard> heard = new LinkedHashMap<>();

  private record Heard(Member member, long nanos) {}

  /**
   * None yet.
   *
   * @param remembered how long one is told of that was heard once
   */
  public Foreigners(Clock clock, Duration remembered) {
    this.clock = clock;
    this.rememberedNanos = remembered.toNanos();
  }

  /** True if the sender has a view of another cluster; remembers it then. */
  boolean isForeign(PeerMessage.Heartbeat beat, View view) {
    if (beat.epoch() == 0 || beat.clusterId() == view.clusterId()) {
      return false;
    }
    forgetOld();
    ProcessId id = ProcessId.of(beat.self());
    boolean isNew = !heard.containsKey(id);
    if (isNew && heard.size() >= MOST_REMEMBERED) {
      return true;
    }
    heard.put(id, new Heard(beat.self(), clock.nanoTime()));
    if (isNew) {
      logger.log(
          System.Logger.Level.WARNING,
          "a server of another cluster is here and is kept out, remove one of the two from the"
              + " other's --cluster.join, or the store that it came with",
          entry("node", beat.self().nodeId()),
          entry("peer", beat.self().peerAddress()),
          entry("cluster", NodeLog.id(beat.clusterId())),
          entry("own_cluster", NodeLog.id(view.clusterId())));
    }
    return true;
  }

  /** Those heard of late. */
  public List<Member> recent() {
    forgetOld();
    return heard.values().stream().map(Heard::member).toList();
  }

  private void forgetOld() {
    long now = clock.nanoTime();
    heard.values().removeIf(each -> now - each.nanos() > rememberedNanos);
  }
}
