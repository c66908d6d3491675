package io.silverback.server.member;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.FamilyListing;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What all members show, read from all of them side by side. Not thread-safe.
 *
 * <p>First each member says which slots it shows, and since which view. Of two that name the same
 * slot, as one was asked before a hand-over and one after it, the later leader counts. Then each is
 * asked for a stream of its slots, and refuses if it does not show them all any more; so each slot
 * is read once, or it all begins anew. Nothing is sent to the client before all of them agreed.
 */
final class ClusterScrape implements FamilyListing {
  /** A member that does not answer within that time is asked again, with all others. */
  private static final Duration ROUND = Duration.ofMillis(500);

  private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(50);

  /** Without a piece; a member that lives has one within that time. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(2);

  private final List<RemoteStream> streams;
  private final Iterator<HeldFamily> families;
  private final Exposure own;
  private final MemoryPool.Lease lease;
  private Optional<Boolean> holds = Optional.empty();
  private int lost;

  private ClusterScrape(
      List<RemoteStream> streams,
      Iterator<HeldFamily> families,
      Exposure own,
      MemoryPool.Lease lease) {
    this.streams = streams;
    this.families = families;
    this.own = own;
    this.lease = lease;
  }

  /**
   * Begins to read what the members show.
   *
   * @param patience how long to wait until each slot is shown by a member that answers
   * @throws StoreNotReadyException if that takes longer; names what is missing
   * @throws SnapshotRefusedException if there is no memory to read it with
   */
  static ClusterScrape open(ClusterNode node, MemoryPool memory, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return tryOpen(node, memory, deadline);
      } catch (StoreNotReadyException e) {
        if (deadline - System.nanoTime() <= BETWEEN_ROUNDS.toNanos() || !pause()) {
          throw e;
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(BETWEEN_ROUNDS);
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static ClusterScrape tryOpen(ClusterNode node, MemoryPool memory, long deadline) {
    Exposure own = node.exposure();
    if (!own.holds().getAsBoolean()) {
      throw new StoreNotReadyException("this server has no lease, try another one");
    }
    Map<Member, BitSet> shares = shares(node, deadline);
    MemoryPool.Lease lease = memory.lease();
    List<RemoteStream> streams =
        shares.entrySet().stream()
            .map(
                share ->
                    new RemoteStream(
                        node,
                        share.getKey(),
                        new ServerQuestion.Stream(share.getValue().toByteArray()),
                        deadline,
                        PATIENCE))
            .toList();
    boolean isOpen = false;
    try {
      PieceStream.take(lease, streams.size());
      streams.forEach(RemoteStream::awaitBegin);
      var readers = new ArrayList<PieceReader>();
      for (RemoteStream stream : streams) {
        readers.add(reader(stream));
      }
      Iterator<HeldFamily> families = new ClusterFamilies(readers);
      var opened = new ClusterScrape(streams, families, own, lease);
      isOpen = true;
      return opened;
    } finally {
      if (!isOpen) {
        streams.forEach(RemoteStream::abandon);
        lease.close();
      }
    }
  }

  private static PieceReader reader(RemoteStream stream) {
    try {
      return new PieceReader(stream);
    } catch (MalformedBytesException _) {
      throw Asked.senseless(stream.member());
    }
  }

  /** The slots of each member that shows any, which together are all slots. */
  private static Map<Member, BitSet> shares(ClusterNode node, long deadline) {
    List<Asked> asked =
        MemberQuestions.storing(node).stream()
            .map(member -> Asked.ask(node, member, new ServerQuestion.Led()))
            .toList();
    var claims = new SlotClaims();
    long until = Math.min(deadline, System.nanoTime() + ROUND.toNanos());
    var silent = new ArrayList<String>();
    // Those that answer first: with all slots nobody waits for a member that is gone.
    var open = new ArrayList<>(asked);
    while (!open.isEmpty() && !claims.isWhole() && System.nanoTime() < until) {
      awaitAny(open, until);
      for (Asked each : List.copyOf(open)) {
        if (each.answer().isDone()) {
          open.remove(each);
          try {
            if (each.await(0) instanceof ServerAnswer.Leads(var epochs)) {
              claims.add(each.member(), epochs);
            } else {
              throw Asked.senseless(each.member());
            }
          } catch (StoreNotReadyException e) {
            silent.add(each.member().nodeId() + " (" + e.getMessage() + ")");
          }
        }
      }
    }
    if (!claims.isWhole()) {
      open.forEach(each -> silent.add(each.member().nodeId()));
      throw new StoreNotReadyException(
          "not every slot is shown by a member that answers, try again later: shown="
              + claims.count()
              + " slots="
              + HashRing.SLOTS
              + " silent="
              + silent);
    }
    return claims.byMember();
  }

  private static void awaitAny(List<Asked> asked, long until) {
    CompletableFuture<?>[] answers =
        asked.stream().map(Asked::answer).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.anyOf(answers)
          .get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      // The caller looks at the time.
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new StoreNotReadyException("shutting down, try again later");
    }
  }

  @Override
  public Iterable<HeldFamily> families() {
    return () -> families;
  }

  @Override
  public int lost() {
    end();
    return lost;
  }

  @Override
  public boolean isCurrent() {
    return end() && own.holds().getAsBoolean();
  }

  /** Asks each member once whether what it told may still be shown. */
  private boolean end() {
    if (holds.isPresent()) {
      return holds.get();
    }
    boolean all = true;
    List<Asked> ends = streams.stream().map(RemoteStream::end).toList();
    long until = System.nanoTime() + PATIENCE_AT_THE_END.toNanos();
    for (Asked each : ends) {
      try {
        if (each.await(until - System.nanoTime())
            instanceof ServerAnswer.Ended(boolean stillHolds, int missing)) {
          all &= stillHolds;
          lost += missing;
        } else {
          all = false;
        }
      } catch (StoreNotReadyException _) {
        all = false;
      }
    }
    holds = Optional.of(all);
    return all;
  }

  @Override
  public void close() {
    if (holds.isEmpty()) {
      streams.forEach(RemoteStream::abandon);
    }
    lease.close();
  }
}
