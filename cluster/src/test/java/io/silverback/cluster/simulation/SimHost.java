package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A machine: what outlives the processes that run on it, one after the other. */
final class SimHost {
  private final SimWorld world;
  private final String name;
  private final String zone;
  private final double drift;
  private long storeId;
  private long wallOffsetMillis;
  private SimStore store;
  private boolean votes;
  private long generation;
  private @Nullable View appended;
  private boolean silent;
  private @Nullable View remembered;
  private ViewLog.Agreed logVoters = new ViewLog.Agreed(0, List.of());
  private long logEnd;
  private boolean logHangs;
  private @Nullable SimProcess process;

  SimHost(SimWorld world, String name, String zone) {
    this.world = world;
    this.name = name;
    this.zone = zone;
    this.drift = 1 + world.between(-100, 100) * 1e-6;
    this.storeId = world.number();
    this.wallOffsetMillis = world.between(-500, 500);
    this.store = new SimStore(world);
  }

  /** A new process start of the node of this host. */
  Member member() {
    return new Member(name, world.number(), storeId, address(), name + ":80", zone, false);
  }

  void run(SimProcess started) {
    process = started;
    store.restarted(started);
  }

  /** The files of the cluster are gone, and the groups stay: the cluster is founded anew. */
  void loseLog() {
    storeId = world.number();
    enter(0);
    remembered = null;
  }

  /** From now on the files are those of that generation of the log, and no others. */
  void enter(long next) {
    generation = next;
    votes = false;
    appended = null;
    logVoters = new ViewLog.Agreed(0, List.of());
    logEnd = 0;
  }

  /** Of the log that the files hold. */
  long generation() {
    return generation;
  }

  /** The newest view in the files of the log, agreed on or not. */
  Optional<View> appended() {
    return Optional.ofNullable(appended);
  }

  void append(View view) {
    appended = view;
  }

  /** As long as no process runs, nothing answers, not even that nobody listens. */
  void fallSilent(boolean isSilent) {
    silent = isSilent;
  }

  boolean silent() {
    return silent;
  }

  /** All files are gone; what runs here must have ended. */
  void loseDisk() {
    loseLog();
    store = new SimStore(world);
  }

  /** The process that runs here, stopped or not. */
  Optional<SimProcess> process() {
    return Optional.ofNullable(process).filter(SimProcess::alive);
  }

  /** The process that runs here and does not stand still. */
  Optional<SimProcess> awake() {
    return process().filter(one -> !one.paused());
  }

  String name() {
    return name;
  }

  String address() {
    return name + ":9";
  }

  long storeId() {
    return storeId;
  }

  SimStore store() {
    return store;
  }

  double drift() {
    return drift;
  }

  void stepWall(long millis) {
    wallOffsetMillis += millis;
  }

  long wallMillis(long worldNanos) {
    return 1_790_000_000_000L + worldNanos / SimWorld.MILLI + wallOffsetMillis;
  }

  /** True if files of the consensus library are here. */
  boolean votes() {
    return votes;
  }

  void vote() {
    votes = true;
  }

  /** The log that the files hold: up to which place, and whom it names as voters. */
  void learnLog(long end, ViewLog.Agreed voters) {
    logEnd = end;
    logVoters = voters;
  }

  /** Whether the log does nothing any more while the process goes on. */
  void hangLog(boolean hangs) {
    logHangs = hangs;
  }

  boolean logHangs() {
    return logHangs;
  }

  ViewLog.Agreed logVoters() {
    return logVoters;
  }

  long logEnd() {
    return logEnd;
  }

  Optional<View> remembered() {
    return Optional.ofNullable(remembered);
  }

  void remember(View view) {
    remembered = view;
  }

  @Override
  public String toString() {
    return name;
  }
}
