package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.cluster.node.Tenures;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.remotewrite.Cursors;
import io.silverback.server.remotewrite.Leadership;
import io.silverback.server.remotewrite.OwnPushes;
import io.silverback.server.remotewrite.PushReader;
import io.silverback.server.remotewrite.Reached;
import io.silverback.server.remotewrite.TargetsElsewhere;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The pushes to the slots that this member leads, for remote write. Thread-safe. */
final class ClusterPushes implements Leadership {
  /** In which pushes of all members are read, each part with a stream of each member. */
  private static final int PARTS = 4;

  private static final Duration LONGEST_PIECE = Duration.ofSeconds(10);

  private final LocalStore local;
  private final ClusterNode node;
  private final ClusterHistory history;
  private final MemberQuestions questions;
  private final Duration patience;
  private volatile Optional<Cursors> cursors = Optional.empty();
  private volatile Optional<TargetsElsewhere> elsewhere = Optional.empty();

  /**
   * Those of a node.
   *
   * @param memory what the pieces take from that are read
   * @param patience how long to wait for an answer of a member
   */
  ClusterPushes(LocalStore local, ClusterNode node, MemoryPool memory, Duration patience) {
    this.local = local;
    this.node = node;
    this.history = new ClusterHistory(node, memory);
    this.questions = new MemberQuestions(node, patience);
    this.patience = patience;
  }

  @Override
  public int slots() {
    return HashRing.SLOTS;
  }

  @Override
  public Term now() {
    var told = new CompletableFuture<Tenures>();
    try {
      node.tenures(told::complete);
      Tenures now = told.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return new Term(
          now.slots(),
          slot -> now.epochs()[slot],
          slot -> now.sinceMillis()[slot],
          now.settledMillis(),
          now.holds());
    } catch (RejectedExecutionException | TimeoutException _) {
      throw new StoreNotReadyException("this server has too much to do");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new StoreNotReadyException("shutting down");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean isIn(BitSet slots, byte[] group) {
    return slots.get(HashRing.slotOf(group));
  }

  @Override
  public PushReader own(BitSet slots) {
    return new OwnPushes(local.pushLog(), key -> isIn(slots, key));
  }

  @Override
  public PushReader everywhere(BitSet slots) {
    return new Everywhere(slots);
  }

  /** One part has some slots that follow each other. */
  private final class Everywhere implements PushReader {
    private final BitSet slots;

    private Everywhere(BitSet slots) {
      this.slots = slots;
    }

    @Override
    public int parts() {
      return PARTS;
    }

    @Override
    public int rank(byte[] group) {
      return HashRing.slotOf(group);
    }

    @Override
    public void read(
        int part, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
        throws IOException {
      var some = new BitSet();
      some.set(part * HashRing.SLOTS / PARTS, (part + 1) * HashRing.SLOTS / PARTS);
      some.and(slots);
      if (!some.isEmpty()) {
        var question = new ServerQuestion.Pushes(some, fromMillis, toMillis);
        try {
          history.read(question, LONGEST_PIECE, budget, sink);
        } catch (SnapshotRefusedException e) {
          throw new StoreNotReadyException(String.valueOf(e.getMessage()));
        }
      }
    }
  }

  @Override
  public void tell(String target, List<Reached> reached) {
    byte[] question = new ServerQuestion.Reach(target, reached).encode();
    try {
      others().forEach(member -> node.ask(member, question, _ -> {}));
    } catch (RejectedExecutionException | StoreNotReadyException _) {
      // They hear it with the next round.
    }
  }

  @Override
  public List<Reached> ask(String target, BitSet slots) {
    return questions.ask(others(), new ServerQuestion.Where(target, slots)).stream()
        .flatMap(Optional::stream)
        .filter(ServerAnswer.There.class::isInstance)
        .flatMap(answer -> ((ServerAnswer.There) answer).reached().stream())
        .toList();
  }

  private List<Member> others() {
    Member self = node.status().self();
    return MemberQuestions.storing(node).stream()
        .filter(member -> !member.isSameProcess(self))
        .toList();
  }

  @Override
  public void listen(Cursors keeper, TargetsElsewhere listener) {
    cursors = Optional.of(keeper);
    elsewhere = Optional.of(listener);
  }

  /** Another member tells how far a target got. */
  void hear(Member member, String target, List<Reached> reached) {
    cursors.ifPresent(keeper -> keeper.hear(target, reached));
    elsewhere.ifPresent(listener -> listener.hear(target, member.nodeId()));
  }

  /** What this member knows of how far a target got. */
  List<Reached> reached(String target, BitSet slots) {
    return cursors.map(keeper -> keeper.reached(target, slots)).orElse(List.of());
  }
}
