package io.silverback.server.remotewrite;

import io.silverback.server.storage.engine.LocalStore;
import java.util.BitSet;
import java.util.List;

/** A server that is no member of a cluster: it leads the one slot that there is, for ever. */
record Alone(LocalStore store) implements Leadership {
  @Override
  public int slots() {
    return 1;
  }

  @Override
  public Term now() {
    return new Term(
        BitSet.valueOf(new long[] {1}), _ -> 0, _ -> 0, store.pushLog().settledMillis(), _ -> true);
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
  public void listen(Cursors cursors) {}
}
