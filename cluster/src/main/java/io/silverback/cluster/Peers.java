package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ProcessId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When each other process was last heard of, and what its clock said then. Belongs to the loop.
 *
 * <p>Bounded by the members of the view and of gossip: {@link #keep} forgets all others.
 */
final class Peers {
  private final Clock clock;
  private final Map<ProcessId, Heard> heard = new HashMap<>();
  private long since;

  /**
   * The last word of a process.
   *
   * @param epoch of the view that it had applied
   * @param theirNanos its monotonic clock when it sent
   * @param firstNanos our clock when it was first heard, of late without long silence
   */
  record Heard(Member member, long epoch, long theirNanos, long ourNanos, long firstNanos) {}

  Peers(Clock clock) {
    this.clock = clock;
    this.since = clock.nanoTime();
  }

  void heard(PeerMessage.Heartbeat beat, long silenceNanos) {
    long now = clock.nanoTime();
    heard.compute(
        ProcessId.of(beat.self()),
        (_, before) ->
            new Heard(
                beat.self(),
                beat.epoch(),
                beat.nanos(),
                now,
                before == null || now - before.ourNanos() > silenceNanos
                    ? now
                    : before.firstNanos()));
  }

  /** Silence counts from now: this process stood still, or only now began to listen. */
  void forgiveSilence() {
    since = clock.nanoTime();
  }

  /** How long nothing was heard of it. */
  long silenceNanos(Member member) {
    Heard last = heard.get(ProcessId.of(member));
    long from = last == null || last.ourNanos() - since < 0 ? since : last.ourNanos();
    return clock.nanoTime() - from;
  }

  Optional<Heard> of(Member member) {
    return Optional.ofNullable(heard.get(ProcessId.of(member)));
  }

  /** Those heard of within that time. */
  List<Heard> recent(long nanos) {
    long now = clock.nanoTime();
    var recent = new ArrayList<Heard>();
    for (Heard each : heard.values()) {
      if (now - each.ourNanos() <= nanos) {
        recent.add(each);
      }
    }
    recent.sort(java.util.Comparator.comparing(each -> each.member().nodeId()));
    return recent;
  }

  void keep(List<Member> members) {
    heard.keySet().retainAll(members.stream().map(ProcessId::of).toList());
  }
}
