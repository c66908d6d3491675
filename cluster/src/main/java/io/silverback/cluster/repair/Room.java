package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which members cannot store what comes to be or grows, this one included, and which of their slots
 * wait for that. Each says it of itself, now and then, as long as it is so. Belongs to the loop.
 */
public final class Room {
  private static final BitSet NONE = new BitSet();

  private final Member self;
  private final ClusterPorts ports;
  private final Supplier<Optional<TakeOver.Stuck>> stuck;
  private final Requests.Post post;
  private final EnumSet<Rule> off;
  private final long leaseNanos;
  private final Map<ProcessId, Said> said = new HashMap<>();

  private record Said(BitSet stuck, long nanos) {}

  /**
   * Knows of nothing at first.
   *
   * @param stuck what this node cannot take over now
   */
  public Room(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Supplier<Optional<TakeOver.Stuck>> stuck,
      Requests.Post post,
      EnumSet<Rule> off) {
    this.self = self;
    this.ports = ports;
    this.stuck = stuck;
    this.post = post;
    this.off = off;
    this.leaseNanos = config.lease().toNanos();
  }

  /** Called now and then. */
  public void tick(View view) {
    BitSet waiting = stuck.get().map(TakeOver.Stuck::slots).orElse(NONE);
    if (off.contains(Rule.SPARE_THE_FULL)) {
      return;
    }
    if (ports.store().whyFull().isPresent() || !waiting.isEmpty()) {
      heard(ProcessId.of(self), new PeerMessage.Full(waiting));
      view.members().stream()
          .filter(member -> !member.isSameProcess(self))
          .forEach(member -> post.send(member, new PeerMessage.Full(waiting)));
    }
    said.keySet().removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
  }

  /** A member of the view said it. */
  public void heard(ProcessId from, PeerMessage.Full full) {
    said.put(from, new Said(full.stuck(), ports.clock().nanoTime()));
  }

  /** The members that said it lately, with the slots of each that wait. */
  public Map<ProcessId, BitSet> full() {
    long now = ports.clock().nanoTime();
    var full = new HashMap<ProcessId, BitSet>();
    said.forEach(
        (id, last) -> {
          if (now - last.nanos() <= leaseNanos) {
            full.put(id, last.stuck());
          }
        });
    return full;
  }
}
