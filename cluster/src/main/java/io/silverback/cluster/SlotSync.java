package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.Answer;
import io.silverback.cluster.PeerMessage.Question;
import io.silverback.cluster.ReplicaStore.Entry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Compares slots with those of one other node and fetches what it has that is missing here or
 * different; where asked, also brings it what it lacks. First by digest, a few slots at a time by
 * group, then the groups themselves. Belongs to the loop.
 */
final class SlotSync {
  private static final int SLOTS_AT_ONCE = 512;
  private static final int GROUPS_AT_ONCE = 256;
  private static final long TIMEOUT_NANOS = 5_000_000_000L;

  /** Where the answers to peers stop, so that they fit into a message. */
  static final int ANSWER_BYTES = 4 << 20;

  private final ClusterPorts ports;
  private final Requests requests;
  private final Member peer;
  private final BitSet slots;
  private final List<Long> epochs;
  private final boolean delivers;
  private final Consumer<Outcome> done;
  private final BitSet different = new BitSet(HashRing.SLOTS);
  private int repaired;
  private boolean ended;

  /**
   * How it went.
   *
   * @param complete false if the peer stopped answering
   * @param different slots that were not equal when they were compared
   * @param repaired groups fetched or brought
   */
  record Outcome(boolean complete, BitSet different, int repaired) {}

  /**
   * Does nothing before {@link #start}.
   *
   * @param epochs from which on this node leads each slot, which the peer fences; empty to fence
   *     nothing
   */
  SlotSync(
      ClusterPorts ports,
      Requests requests,
      Member peer,
      BitSet slots,
      List<Long> epochs,
      boolean delivers,
      Consumer<Outcome> done) {
    this.ports = ports;
    this.requests = requests;
    this.peer = peer;
    this.slots = slots;
    this.epochs = epochs;
    this.delivers = delivers;
    this.done = done;
  }

  void start() {
    ask(
        id -> new PeerMessage.AskDigests(id, slots, epochs),
        PeerMessage.Digests.class,
        answer -> compare(answer.digests()));
  }

  private void compare(List<Long> theirs) {
    if (theirs.size() != slots.cardinality()) {
      end(false);
      return;
    }
    var own = new long[1][];
    ports
        .loop()
        .background(
            () -> own[0] = ports.store().digests(),
            () -> {
              int i = 0;
              for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
                if (own[0][slot] != theirs.get(i++)) {
                  different.set(slot);
                }
              }
              nextSlots(0);
            });
  }

  private void nextSlots(int from) {
    var some = new BitSet(HashRing.SLOTS);
    int slot = different.nextSetBit(from);
    while (slot >= 0 && some.cardinality() < SLOTS_AT_ONCE) {
      some.set(slot);
      slot = different.nextSetBit(slot + 1);
    }
    if (some.isEmpty()) {
      end(true);
      return;
    }
    int next = some.length();
    ask(
        id -> new PeerMessage.AskEntries(id, some),
        PeerMessage.Entries.class,
        answer -> groups(some, answer.entries(), () -> nextSlots(next)));
  }

  private void groups(BitSet some, List<Entry> theirs, Runnable then) {
    var own = new ArrayList<Entry>();
    ports
        .loop()
        .background(
            () -> own.addAll(ports.store().entries(some::get)),
            () -> {
              Map<GroupId, Long> here = byGroup(own);
              Map<GroupId, Long> there = byGroup(theirs);
              List<byte[]> missing = differing(theirs, here);
              List<byte[]> lacking = delivers ? differing(own, there) : List.of();
              fetch(missing, () -> deliver(lacking, then));
            });
  }

  private static Map<GroupId, Long> byGroup(List<Entry> entries) {
    var byGroup = new HashMap<GroupId, Long>();
    entries.forEach(entry -> byGroup.put(new GroupId(entry.key()), entry.hash()));
    return byGroup;
  }

  private static List<byte[]> differing(List<Entry> entries, Map<GroupId, Long> others) {
    var differing = new ArrayList<byte[]>();
    for (Entry entry : entries) {
      Long other = others.get(new GroupId(entry.key()));
      if (other == null || other != entry.hash()) {
        differing.add(entry.key());
      }
    }
    return differing;
  }

  private void fetch(List<byte[]> keys, Runnable then) {
    if (keys.isEmpty()) {
      then.run();
      return;
    }
    List<byte[]> some = keys.subList(0, Math.min(keys.size(), GROUPS_AT_ONCE));
    ask(
        id -> new PeerMessage.AskStates(id, some),
        PeerMessage.States.class,
        answer -> {
          if (answer.answered() < 1 || answer.answered() > some.size()) {
            end(false);
            return;
          }
          var refused = new ArrayList<String>();
          ports
              .loop()
              .background(
                  () -> answer.states().forEach(state -> merge(state, refused)),
                  () -> {
                    repaired += answer.states().size();
                    if (refused.isEmpty()) {
                      fetch(keys.subList(answer.answered(), keys.size()), then);
                    } else {
                      end(false);
                    }
                  });
        });
  }

  private void merge(byte[] state, List<String> refused) {
    try {
      switch (ports.store().merge(state)) {
        case ReplicaStore.Merged.Done() -> {}
        case ReplicaStore.Merged.ShapeMissing() -> refused.add("a whole state lacks its shape");
        case ReplicaStore.Merged.Refused(var reason) -> refused.add(reason);
      }
    } catch (RuntimeException damaged) {
      // Whatever the store makes of bytes that are no state: the peer is asked again.
      refused.add(String.valueOf(damaged.getMessage()));
    }
  }

  private void deliver(List<byte[]> keys, Runnable then) {
    if (keys.isEmpty()) {
      then.run();
      return;
    }
    var states = new ArrayList<byte[]>();
    var taken = new int[1];
    ports
        .loop()
        .background(
            () -> taken[0] = collect(ports.store(), keys, states),
            () ->
                ask(
                    id -> new PeerMessage.Deliver(id, states),
                    PeerMessage.Delivered.class,
                    answer -> {
                      repaired += states.size();
                      if (answer.refused().isEmpty()) {
                        deliver(keys.subList(taken[0], keys.size()), then);
                      } else {
                        end(false);
                      }
                    }));
  }

  /** The states of the first keys, as many as fit; how many keys those are. */
  static int collect(ReplicaStore store, List<byte[]> keys, List<byte[]> states) {
    int taken = 0;
    long bytes = 0;
    while (taken < Math.min(keys.size(), GROUPS_AT_ONCE) && bytes < ANSWER_BYTES) {
      Optional<byte[]> state = store.wholeState(keys.get(taken));
      state.ifPresent(states::add);
      bytes += state.map(whole -> whole.length).orElse(0);
      taken++;
    }
    return taken;
  }

  private <A extends Answer> void ask(
      LongFunction<Question> question, Class<A> type, Consumer<A> then) {
    requests.ask(
        peer,
        TIMEOUT_NANOS,
        question,
        answer ->
            answer
                .filter(type::isInstance)
                .map(type::cast)
                .ifPresentOrElse(then, () -> end(false)));
  }

  private void end(boolean complete) {
    if (!ended) {
      ended = true;
      done.accept(new Outcome(complete, different, repaired));
    }
  }
}
