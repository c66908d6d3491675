package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.FreshExposure;
import io.silverback.cluster.Member;
import io.silverback.cluster.OnMinority;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Whether a node without a lease takes pushes by itself, and shows what it was pushed since, or
 * withholds all. Belongs to the loop; {@link #fresh}, {@link #holds}, {@link #admits} and {@link
 * #sinceNow} may be asked by any thread.
 *
 * <h2>When it begins</h2>
 *
 * <p>After one more lease in which the process runs and no lease comes back, so that a process that
 * stood still does not take what was sent to it meanwhile. By then no other node may hold a lease
 * by a grant of this one, or two nodes of a pair would show two values although they hear each
 * other: where this node still grants, as it hears the other one and is not heard, it stops to
 * until what it granted has run out.
 *
 * <h2>When it ends</h2>
 *
 * <p>At once when the lease comes back, with a new view, if the process stands still, and when
 * another node asks what is here before it leads: that one has a lease and merges what it is told.
 * So each node of a pair asks the other one after each lapse, and nothing goes back after a cut.
 */
public final class Minority {
  private final Clock clock;
  private final Member self;
  private final Lease lease;
  private final Voter voter;
  private final VersionClock versions;
  private final Optional<OnMinority> choice;
  private final EnumSet<Rule> off;
  private final long leaseNanos;
  private final long waitNanos;

  /** That of this node by itself: it ends if the process stands still. */
  private final Lease own;

  private long waitsSinceNanos;
  private long lastNanos;
  private long lastWallMillis;
  private long beganNanos;
  private long pastNanos;
  private volatile Optional<Fresh> fresh = Optional.empty();

  /**
   * A time in which this node speaks for itself.
   *
   * @param number of the lease that it gave itself
   * @param floor the clock of a version that is older than all that it gives from then on
   * @param versions gives them
   */
  public record Fresh(long number, long floor, VersionClock versions) {}

  public Minority(
      ClusterConfig config,
      Member self,
      Clock clock,
      VersionClock versions,
      Lease lease,
      Voter voter,
      EnumSet<Rule> off) {
    this.clock = clock;
    this.self = self;
    this.lease = lease;
    this.voter = voter;
    this.versions = versions;
    this.choice = config.onMinority();
    this.off = off;
    this.leaseNanos = config.lease().toNanos();
    // As a voter counts: a tenth more, for clocks that do not run alike.
    this.waitNanos = leaseNanos / 10 * 11;
    this.own = new Lease(clock, config.lease());
  }

  /**
   * True if slots that this node led before a lapse may be shown by others since, so that they have
   * to be taken over again.
   */
  public boolean retakes(View view) {
    return !off.contains(Rule.MERGE_AFTER_A_CUT) && (isPair(view) || isFreshByChoice());
  }

  private boolean isFreshByChoice() {
    return choice.filter(OnMinority.FRESH::equals).isPresent();
  }

  private static boolean isPair(View view) {
    return view.voters().size() == 2;
  }

  /** True if this node holds groups, and the view gave it some share of the work. */
  private boolean mayBeFresh(View view) {
    Optional<View.Seat> seat =
        view.seatOf(self).or(() -> view.predecessor(self).flatMap(view::seatOf));
    return !self.voterOnly()
        && seat.filter(it -> it.drain() != View.Drain.ALL)
            .filter(it -> choice.isPresent() ? isFreshByChoice() : isPair(view) && it.votes())
            .isPresent();
  }

  /** Called now and then, after {@link #lapse}. */
  public void tick(Optional<View> view) {
    long now = clock.nanoTime();
    long wallMillis = clock.wallMillis();
    long wallNanos = (wallMillis - lastWallMillis) * 1_000_000;
    if (now - lastNanos > leaseNanos || Math.abs(wallNanos) > leaseNanos) {
      waitAnew();
    }
    lastNanos = now;
    lastWallMillis = wallMillis;
    if (lease.holds() || view.filter(this::mayBeFresh).isEmpty()) {
      waitAnew();
      return;
    }
    if (fresh.isPresent()) {
      own.assume(now, wallMillis);
      return;
    }
    boolean waits = now - waitsSinceNanos < waitNanos;
    if (!off.contains(Rule.WAIT_BEFORE_FRESH)) {
      voter.refuse(!waits);
      if (waits || !voter.isFree(self)) {
        return;
      }
    }
    begin(view.get(), now, wallMillis);
  }

  private void begin(View view, long now, long wallMillis) {
    Version floor = versions.next(0);
    own.assume(now, wallMillis);
    beganNanos = now;
    fresh = Optional.of(new Fresh(own.number(), floor.clock(), clockFor(view, floor)));
    // A node that gets a lease from now on asks before it shows anything.
    voter.refuse(false);
  }

  /**
   * Of two nodes the later push counts. Where there may be a majority, what that is pushed counts,
   * so here the time stands still.
   */
  private VersionClock clockFor(View view, Version floor) {
    if (isPair(view)) {
      return versions;
    }
    var still = new VersionClock(() -> 0, floor.incarnation());
    still.observe(floor);
    return still;
  }

  /** Withholds all, and waits from the beginning. */
  public void waitAnew() {
    waitsSinceNanos = clock.nanoTime();
    voter.refuse(false);
    if (fresh.isPresent()) {
      fresh = Optional.empty();
      pastNanos += clock.nanoTime() - beganNanos;
      own.drop();
    }
  }

  /**
   * Finds out whether the process stood still while this node spoke for itself.
   *
   * @return true once for each time that it did
   */
  public boolean lapse() {
    if (fresh.isEmpty() || own.holds()) {
      return false;
    }
    waitAnew();
    return true;
  }

  /** A time in which this node speaks for itself, if that is now. */
  public Optional<Fresh> fresh() {
    return fresh.filter(this::holds);
  }

  public boolean holds(Fresh since) {
    return own.holdsSince(since.number());
  }

  /** What may be shown of it. */
  public Optional<FreshExposure> exposure() {
    return fresh().map(now -> new FreshExposure(shownSince(now), () -> holds(now)));
  }

  private Predicate<Version> shownSince(Fresh since) {
    return off.contains(Rule.FRESH_HAS_A_FLOOR)
        ? _ -> true
        : version ->
            version.incarnation() == versions.incarnation() && version.clock() > since.floor();
  }

  /** True if what came over a connection that was accepted at that time may be looked at. */
  public boolean admits(long acceptedNanos) {
    return own.admits(acceptedNanos);
  }

  /**
   * True as long as this node has had a lease ever since this call, or spoken for itself: no time
   * passed in which it could not have noticed what others were told.
   */
  public BooleanSupplier sinceNow() {
    long term = lease.number();
    long alone = own.number();
    return () -> lease.holdsSince(term) || own.holdsSince(alone);
  }

  /** For how long this node has spoken for itself, all times together. */
  public long millis() {
    return (pastNanos + (fresh.isPresent() ? clock.nanoTime() - beganNanos : 0)) / 1_000_000;
  }
}
