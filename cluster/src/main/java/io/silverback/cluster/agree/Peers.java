package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Member;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * When each other process was last heard of, and what its clock said then. Belongs to the loop.
 *
 * <p>Bounded by the members of the view and of gossip: {@link #keep} forgets all others.
 */
public final class Peers {
  private static final long BEST_COUNTS_NANOS = 30_000_000_000L;

  private final Clock clock;
  private final Map<ProcessId, Heard> heard = new HashMap<>();
  private final Map<ProcessId, Ahead> ahead = new HashMap<>();
  private long since;

  /** By how much a clock was ahead of ours at the most, as an answer showed at that time. */
  private record Ahead(long mostNanos, long ourNanos) {
    /** Two clocks may part by that much, of what passes. */
    private static final double MOST_DRIFT = 1e-3;

    long mostAt(long now) {
      return mostNanos + (long) ((now - ourNanos) * MOST_DRIFT);
    }
  }

  /**
   * The last word of a process.
   *
   * @param epoch of the view that it had applied
   * @param theirNanos its monotonic clock when it sent
   * @param firstNanos our clock when it was first heard, of late without long silence
   */
  public record Heard(Member member, long epoch, long theirNanos, long ourNanos, long firstNanos) {
    /** Their clock now is this or later. */
    public long theirClock(long now) {
      return theirNanos + (now - ourNanos);
    }
  }

  public Peers(Clock clock) {
    this.clock = clock;
    this.since = clock.nanoTime();
  }

  public void heard(PeerMessage.Heartbeat beat, long silenceNanos) {
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

  /**
   * Their clock was ahead of ours by no more than that, when it answered what we sent. The answer
   * that took the shortest way tells most, so it counts on for a while.
   */
  void echoed(ProcessId process, long mostAheadNanos) {
    if (heard.containsKey(process)) {
      long now = clock.nanoTime();
      ahead.compute(
          process,
          (_, best) ->
              best == null
                      || now - best.ourNanos() > BEST_COUNTS_NANOS
                      || mostAheadNanos <= best.mostAt(now)
                  ? new Ahead(mostAheadNanos, now)
                  : best);
    }
  }

  /** Their clock at a moment of ours was this or earlier; empty if nothing is known. */
  public OptionalLong theirClockAtMost(Member member, long ourNanos) {
    Ahead best = ahead.get(ProcessId.of(member));
    return best == null
        ? OptionalLong.empty()
        : OptionalLong.of(ourNanos + best.mostAt(clock.nanoTime()));
  }

  /** As if it had never been heard. */
  void forget(Member member) {
    heard.remove(ProcessId.of(member));
    ahead.remove(ProcessId.of(member));
  }

  /** Silence counts from now: this process stood still, or only now began to listen. */
  public void forgiveSilence() {
    since = clock.nanoTime();
    // Our own clock may have stood still, too.
    ahead.clear();
  }

  /** How long nothing was heard of it. */
  public long silenceNanos(Member member) {
    Heard last = heard.get(ProcessId.of(member));
    long from = last == null || last.ourNanos() - since < 0 ? since : last.ourNanos();
    return clock.nanoTime() - from;
  }

  public Optional<Heard> of(Member member) {
    return Optional.ofNullable(heard.get(ProcessId.of(member)));
  }

  /** Those heard of within that time. */
  public List<Heard> recent(long nanos) {
    long now = clock.nanoTime();
    var recent = new ArrayList<Heard>();
    for (Heard each : heard.values()) {
      if (now - each.ourNanos() <= nanos) {
        recent.add(each);
      }
    }
    recent.sort(Comparator.comparing(each -> each.member().nodeId()));
    return recent;
  }

  /** Forgets all others that were not heard of within that time. */
  public void keep(List<Member> members, long nanos) {
    Set<ProcessId> kept = members.stream().map(ProcessId::of).collect(Collectors.toSet());
    long now = clock.nanoTime();
    heard
        .values()
        .removeIf(
            each -> !kept.contains(ProcessId.of(each.member())) && now - each.ourNanos() > nanos);
    ahead.keySet().retainAll(heard.keySet());
  }
}
