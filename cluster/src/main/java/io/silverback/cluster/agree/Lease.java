package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The right of this node to lead, for a short time at a time: it holds as long as a majority of the
 * voters of one view answered requests that were sent less than a lease ago (Gray and Cheriton,
 * "Leases", 1989).
 *
 * <p>Runs on the monotonic and on the wall clock, and is over when either says so, since the first
 * stands still while a machine sleeps. A wall clock that is set back ends the lease, too. Changed
 * by the loop only; {@link #holds} and {@link #admits} may be asked by any thread.
 */
public final class Lease {
  private static final int REMEMBERED_RENEWALS = 64;
  private static final long NANOS_OF_MILLI = 1_000_000;

  /** Of less it may only seem so, as the two clocks are read one after the other. */
  private static final long MOST_SET_BACK_MILLIS = 50;

  private final Clock clock;
  private final long leaseNanos;
  private final long leaseMillis;
  private final Map<Long, Sent> renewals = new HashMap<>();
  private final Map<ProcessId, Long> answered = new HashMap<>();
  private long lastRenewal;
  private long epoch;
  private long digest;
  private boolean held;
  private long lapses;
  private long lapsedAtNanos;
  private long withheldNanos;
  private volatile Term term = Term.NONE;

  /** When a request for a lease was sent, on both clocks. */
  private record Sent(long nanos, long wallMillis) {}

  /**
   * How long the lease runs, and which connections were there when it last lapsed.
   *
   * @param number counted up by each lapse
   * @param fenced false until the first lapse
   * @param admitNanos connections accepted before are not to be trusted
   */
  private record Term(
      boolean held, long endNanos, long endMillis, long number, boolean fenced, long admitNanos) {
    static final Term NONE = new Term(false, 0, 0, 0, false, 0);
  }

  public Lease(Clock clock, Duration length) {
    this.clock = clock;
    this.leaseNanos = length.toNanos();
    this.leaseMillis = length.toMillis();
  }

  /** Remembers a request that is sent now, and gives its number. */
  public long renew() {
    lastRenewal++;
    renewals.put(lastRenewal, new Sent(clock.nanoTime(), clock.wallMillis()));
    renewals.remove(lastRenewal - REMEMBERED_RENEWALS);
    return lastRenewal;
  }

  /** When a request was sent, if it is remembered. */
  public OptionalLong sentNanos(long renewal) {
    Sent sent = renewals.get(renewal);
    return sent == null ? OptionalLong.empty() : OptionalLong.of(sent.nanos());
  }

  /** From now on only grants for that view count; what was granted before runs on. */
  public void enter(View view) {
    epoch = view.epoch();
    digest = view.digest();
    answered.clear();
  }

  /** Of the view that was entered last: what a grant for it names. */
  public long digest() {
    return digest;
  }

  /**
   * A voter granted what a request asked for. Call {@link #lapse} before.
   *
   * @param named the digest of the view that the voter has
   */
  public void granted(View view, ProcessId voter, long grantedEpoch, long named, long renewal) {
    boolean isOfThisView = grantedEpoch == epoch && named == digest && view.epoch() == epoch;
    if (!isOfThisView || !renewals.containsKey(renewal)) {
      return;
    }
    answered.merge(voter, renewal, Math::max);
    Set<ProcessId> voters =
        view.voters().stream().map(ProcessId::of).collect(Collectors.toUnmodifiableSet());
    answered.keySet().retainAll(voters);
    if (answered.size() < view.majority()) {
      return;
    }
    long[] numbers = answered.values().stream().mapToLong(Long::longValue).sorted().toArray();
    Sent sent = renewals.get(numbers[numbers.length - view.majority()]);
    if (sent != null) {
      extend(sent.nanos() + leaseNanos, sent.wallMillis() + leaseMillis);
    }
  }

  /**
   * Takes it, or has it longer, without asking anyone: for what a node says on its own. It runs
   * from those times, which were read at once, and is over like any other if the process stands
   * still. No connection counts that was there before it was taken. Call {@link #lapse} before.
   */
  void assume(long nanos, long wallMillis) {
    Term before = term;
    if (!held) {
      held = true;
      term = new Term(true, nanos, wallMillis, before.number() + 1, true, nanos);
    } else if (!runs(before)) {
      return;
    }
    extend(nanos + leaseNanos, wallMillis + leaseMillis);
  }

  private void extend(long endNanos, long endMillis) {
    long now = clock.nanoTime();
    if (!isBefore(endNanos, endMillis)) {
      return;
    }
    Term before = term;
    if (held) {
      if (endNanos - before.endNanos() > 0) {
        term =
            new Term(
                true, endNanos, endMillis, before.number(), before.fenced(), before.admitNanos());
      }
      return;
    }
    held = true;
    boolean regained = before.fenced();
    if (regained) {
      withheldNanos += now - lapsedAtNanos;
    }
    term = new Term(true, endNanos, endMillis, before.number(), regained, now + leaseNanos);
  }

  /**
   * Finds out whether the lease has run out since the last look.
   *
   * @return true once for each time that it did
   */
  public boolean lapse() {
    if (!held || runs(term)) {
      return false;
    }
    drop();
    return true;
  }

  /** Gives the lease up. */
  public void drop() {
    if (held) {
      held = false;
      lapses++;
      lapsedAtNanos = clock.nanoTime();
      Term before = term;
      term = new Term(false, 0, 0, before.number() + 1, true, Long.MAX_VALUE);
    }
  }

  public boolean holds() {
    return runs(term);
  }

  /** True if it holds and did not lapse since it had that number. */
  public boolean holdsSince(long number) {
    Term now = term;
    return now.number() == number && runs(now);
  }

  /** Changes with each lapse. */
  public long number() {
    return term.number();
  }

  /** True if what came over a connection that was accepted at that time may be looked at. */
  public boolean admits(long acceptedNanos) {
    Term now = term;
    return runs(now) && (!now.fenced() || acceptedNanos - now.admitNanos() > 0);
  }

  /** How long it runs on; 0 or less without one. */
  public long millisLeft() {
    Term now = term;
    return now.held() ? (now.endNanos() - clock.nanoTime()) / 1_000_000 : 0;
  }

  public long lapses() {
    return lapses;
  }

  /** For how long there was none, from the first one on. */
  public long withheldMillis() {
    long running = !held && term.fenced() ? clock.nanoTime() - lapsedAtNanos : 0;
    return (withheldNanos + running) / 1_000_000;
  }

  private boolean runs(Term now) {
    return now.held() && isBefore(now.endNanos(), now.endMillis());
  }

  /**
   * True if neither clock says that the lease is over, and the wall clock could say so: one that
   * was set back since the request was sent would not notice that the machine sleeps.
   */
  private boolean isBefore(long endNanos, long endMillis) {
    long nanosLeft = endNanos - clock.nanoTime();
    long millisLeft = endMillis - clock.wallMillis();
    return nanosLeft > 0
        && millisLeft > 0
        && millisLeft <= nanosLeft / NANOS_OF_MILLI + MOST_SET_BACK_MILLIS;
  }
}
