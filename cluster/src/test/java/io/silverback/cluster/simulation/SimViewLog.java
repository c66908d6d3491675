package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The agreed views as one process learns of them: late, more than once, only with a majority. */
final class SimViewLog implements ViewLog {
  private final SimWorld world;
  private final SimLogs logs;
  private final SimProcess process;
  private @Nullable Listener listener;
  private int told;
  private long toldOf;
  private boolean refounds;
  private boolean closed;
  private long touched;

  SimViewLog(SimWorld world, SimLogs logs, SimProcess process) {
    this.world = world;
    this.logs = logs;
    this.process = process;
    this.touched = world.now();
  }

  SimHost host() {
    return process.host();
  }

  private SimRegister register() {
    return logs.of(host().generation());
  }

  boolean keeps(SimRegister register) {
    return register() == register;
  }

  long storeId() {
    return process.member().storeId();
  }

  boolean awake() {
    return process.alive() && !process.paused() && !closed && !host().logHangs();
  }

  long stalledNanos() {
    return process.stalledNanos();
  }

  @Override
  public void start(Member self, Listener to) {
    listener = to;
    if (host().votes()) {
      register().runs(this);
      // Some of the old views are found again, the newest of them last.
      remembered()
          .ifPresent(view -> world.in(world.between(0, 200 * SimWorld.MILLI), () -> tell(view)));
    }
    world.in(world.between(0, 300 * SimWorld.MILLI), this::tick);
  }

  private void tick() {
    if (process.alive() && !closed) {
      boolean isInTouch = awake() && register().reachesLeader(this);
      if (isInTouch || !register().voters().contains(storeId())) {
        touched = world.now();
      }
      catchUp();
      world.in(world.between(50 * SimWorld.MILLI, 300 * SimWorld.MILLI), this::tick);
    }
  }

  /** Tells what was committed, if the log is within reach. */
  void catchUp() {
    if (!awake() || !register().voters().contains(storeId()) || !register().reachesMajority(this)) {
      return;
    }
    host().learnLog(register().end(), register().agreed());
    List<View> views = register().views();
    if (toldOf != host().generation()) {
      toldOf = host().generation();
      told = 0;
    }
    if (told == views.size() && told > 0 && world.chance(0.02)) {
      told--;
    }
    while (told < views.size()) {
      View view = views.get(told);
      told++;
      if (isNew(view)) {
        tell(view);
      }
    }
  }

  private void tell(View view) {
    Listener to = listener;
    if (to == null || closed) {
      return;
    }
    process.arrive(
        () -> {
          if (isNew(view)) {
            host().remember(view);
          }
          to.committed(view);
        });
  }

  @Override
  public Optional<View> remembered() {
    return host().remembered();
  }

  @Override
  public void bootstrap(View first) {
    host().vote();
    register().found(this, first);
  }

  @Override
  public void follow(View view) {
    if (isNew(view)) {
      host().remember(view);
    }
    if (view.generation() > host().generation()) {
      host().enter(view.generation());
    }
    if (view.hasVoter(process.member())) {
      host().vote();
      register().runs(this);
    }
  }

  private boolean isNew(View view) {
    return host().remembered().filter(known -> known.isAfter(view)).isEmpty();
  }

  @Override
  public Optional<View> newestOfTwo() {
    return register().newestOfTwo(this);
  }

  @Override
  public void refound(View first, Optional<View> newest) {
    if (refounds) {
      return;
    }
    refounds = true;
    world.in(
        world.between(100 * SimWorld.MILLI, 1_500 * SimWorld.MILLI) + stalledNanos(),
        () ->
            process.arrive(
                () -> {
                  refounds = false;
                  boolean isAsExpected = newest.isEmpty() || newest.equals(newestOfTwo());
                  if (!closed && host().generation() < first.generation() && isAsExpected) {
                    world.trace(() -> process + " founds again " + SimRegister.describe(first));
                    logs.begin(this, first);
                  }
                }));
  }

  @Override
  public boolean isProposer() {
    return register().isLeader(storeId());
  }

  @Override
  public void propose(View next) {
    world.trace(() -> process + " proposes " + SimRegister.describe(next));
    register().propose(this, next);
  }

  /** No disk is copied here. */
  @Override
  public void heard(List<Member> members) {}

  @Override
  public void reconcile(List<Member> voters) {
    register().reconcile(this, voters);
  }

  @Override
  public List<Long> libraryVoters() {
    return host().logVoters().voters();
  }

  @Override
  public Optional<Agreed> agreed() {
    catchUp();
    // A former leader still tells what it knew.
    return isProposer() && !register().changing()
        ? Optional.of(host().logVoters())
        : Optional.empty();
  }

  @Override
  public List<Follower> followers() {
    if (!register().voters().contains(storeId())) {
      return List.of();
    }
    return isProposer()
        ? register().followersOf(this)
        : List.of(new Follower(storeId(), (world.now() - touched) / SimWorld.MILLI, 0));
  }

  @Override
  public boolean reaches(long index) {
    return host().logEnd() >= index;
  }

  @Override
  public void close() {
    closed = true;
  }
}
