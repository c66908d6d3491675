package io.silverback.cluster;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One node of a cluster: takes updates of any group and brings them to its leader, replicates the
 * groups that it leads, and knows what it may show. Thread-safe.
 */
public final class ClusterNode implements AutoCloseable {
  private final Member self;

  /**
   * A node that does nothing before {@link #start}.
   *
   * @param onLapse told when the lease was lost: closes every open connection of clients without
   *     reading what lies in them, and returns quickly
   */
  public ClusterNode(ClusterConfig config, Member self, ClusterPorts ports, Runnable onLapse) {
    this.self = self;
  }

  ClusterNode(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Runnable onLapse,
      java.util.Set<Rule> off) {
    this(config, self, ports, onLapse);
  }

  public void start() {}

  /**
   * Takes an update to the leader of its group.
   *
   * @param key of the group, in its one canonical form
   * @param update as the store's {@link ReplicaStore#prepare} takes it
   * @param done told once, by a thread of the node; must return quickly
   */
  public void submit(byte[] key, byte[] update, Consumer<PushOutcome> done) {}

  /**
   * Asks the server of another member something that only it can know, or of this one.
   *
   * @param done told once, by a thread of the node; empty if no answer came in time
   */
  public void ask(Member member, byte[] question, Consumer<Optional<byte[]>> done) {}

  /**
   * Sets who answers what servers of other members ask; called in a thread of the node in which
   * long work is done, one question after the other.
   */
  public void answerWith(UnaryOperator<byte[]> server) {}

  /** What this node may show now; nothing without a lease. */
  public Exposure exposure() {
    return new Exposure(_ -> false, () -> false);
  }

  /**
   * True if a request may be answered that came over a connection which was accepted at that time
   * of {@link Clock#nanoTime}: the lease holds, and held ever since the connection came, and was
   * not regained shortly before.
   */
  public boolean admits(long acceptedNanos) {
    return false;
  }

  /** Why this node should get no requests; empty if it should. */
  public Optional<String> whyNotReady() {
    return Optional.empty();
  }

  /** What the node knows and does, as of some moment. */
  public ClusterStatus status() {
    return new ClusterStatus(
        self,
        Optional.empty(),
        List.of(),
        0,
        0,
        0,
        0,
        0,
        false,
        new ClusterStatus.Counters(0, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  /** Stops to lead and to answer; the ports stay open. */
  @Override
  public void close() {}
}
