package io.silverback.server.remotewrite;

import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;

/**
 * Which of the pushes this server sends, where several servers have them: those of the slots that
 * it leads. Also how servers tell one another how far targets got. Thread-safe.
 */
public interface Leadership {
  /** How many slots the groups are in. */
  int slots();

  /**
   * What this server leads now. Waits for what is under way.
   *
   * @throws StoreNotReadyException if it cannot be told
   */
  Term now();

  /**
   * What this server led at some moment.
   *
   * @param epoch by slot: a number that grows with each leader
   * @param sinceMillis by slot: when this server began to lead it
   * @param settledMillis pushes to these slots that are not visible yet will have this time or a
   *     later one
   * @param holds true as long as no other server can have led any of those slots since
   */
  record Term(
      BitSet slots,
      IntToLongFunction epoch,
      IntToLongFunction sinceMillis,
      long settledMillis,
      Predicate<BitSet> holds) {}

  /** True if the group of that key is in one of some slots. */
  boolean isIn(BitSet slots, byte[] group);

  /** Pushes to some slots that this server took as a replica or as the leader. */
  PushReader own(BitSet slots);

  /** The same that any server took. */
  PushReader everywhere(BitSet slots);

  /** Tells the other servers how far a target got; returns at once, and nobody may hear it. */
  void tell(String target, List<Reached> reached);

  /** How far a target got in some slots, as far as other servers know. */
  List<Reached> ask(String target, BitSet slots);

  /** Sets who is told, and asked, by other servers. */
  void listen(Cursors cursors, TargetsElsewhere elsewhere);

  /** Of a server that is no member of a cluster: it leads the one slot that there is, for ever. */
  record Alone(LocalStore store) implements Leadership {
    @Override
    public int slots() {
      return 1;
    }

    @Override
    public Term now() {
      return new Term(
          BitSet.valueOf(new long[] {1}),
          _ -> 0,
          _ -> 0,
          store.pushLog().settledMillis(),
          _ -> true);
    }

    @Override
    public boolean isIn(BitSet slots, byte[] group) {
      return true;
    }

    @Override
    public PushReader own(BitSet slots) {
      return new OwnPushes(store.pushLog(), _ -> true);
    }

    @Override
    public PushReader everywhere(BitSet slots) {
      return own(slots);
    }

    @Override
    public void tell(String target, List<Reached> reached) {}

    @Override
    public List<Reached> ask(String target, BitSet slots) {
      return List.of();
    }

    @Override
    public void listen(Cursors cursors, TargetsElsewhere elsewhere) {}
  }
}
