package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.Rule;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Answer;
import io.silverback.cluster.message.PeerMessage.Question;
import io.silverback.cluster.message.Requests;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Compares slots with those of one other node and fetches what it has that is missing here or
 * different, brings it what it lacks, or both. First by digest, a few slots at a time by group,
 * then the groups themselves. Belongs to the loop.
 *
 * <p>What only one of the two has is either new to the other, or was purged there. The horizons of
 * the slot tell: it was purged if that of the node which lacks it is the higher one and not below
 * the newest version of the group. That is dropped, and nothing else is for its age. The lower
 * horizon then becomes the higher one, here at once, there by asking for it.
 *
 * <p>Longer than other classes, as each step of a comparison has a method.
 */
public final class SlotSync {
  private static final int SLOTS_AT_ONCE = 512;
  private static final int GROUPS_AT_ONCE = 256;

  /** As a horizon of the sender: what it has was purged nowhere. */
  private static final Version NOTHING_PURGED =
      new Version(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

  private static final long TIMEOUT_NANOS = 5_000_000_000L;

  /** Where the answers to peers stop, so that they fit into a message. */
  static final int ANSWER_BYTES = 4 << 20;

  private final ClusterPorts ports;
  private final Requests requests;
  private final EnumSet<Rule> off;
  private final Member peer;
  private final BitSet slots;
  private final List<Long> epochs;
  private final boolean fetches;
  private final boolean delivers;
  private final Consumer<Outcome> done;
  private final BitSet whole = new BitSet(HashRing.SLOTS);
  private final BitSet refused = new BitSet(HashRing.SLOTS);
  private Optional<String> refusal = Optional.empty();
  private int repaired;
  private int purged;
  private boolean ended;

  /**
   * How it went.
   *
   * @param whole the slots that are done: all of them, unless the peer stopped answering, or some
   *     group could not be stored here or there
   * @param refusal why the last such group could not be stored here
   * @param repaired groups fetched or brought
   * @param purged groups dropped here as the peer has purged them
   */
  public record Outcome(BitSet whole, Optional<String> refusal, int repaired, int purged) {
    public void countIn(EventCounts events) {
      events.add(ClusterEvent.REPAIRS, repaired);
      events.add(ClusterEvent.PURGED, purged);
    }

    public boolean covers(BitSet slots) {
      var left = (BitSet) slots.clone();
      left.andNot(whole);
      return left.isEmpty();
    }
  }

  /** Does nothing before {@link #start}. */
  public SlotSync(
      ClusterPorts ports,
      Requests requests,
      EnumSet<Rule> off,
      SyncTask task,
      Consumer<Outcome> done) {
    this.ports = ports;
    this.requests = requests;
    this.off = off;
    this.peer = task.peer();
    this.slots = task.slots();
    this.epochs = task.epochs();
    this.fetches = task.fetches();
    this.delivers = task.delivers();
    this.done = done;
  }

  public void start() {
    ask(
        id -> new PeerMessage.AskDigests(id, slots, epochs),
        PeerMessage.Digests.class,
        this::compare);
  }

  private void compare(PeerMessage.Digests theirs) {
    int count = slots.cardinality();
    if (theirs.digests().size() != count || theirs.horizons().size() != count) {
      end();
      return;
    }
    background(() -> different(theirs), different -> nextSlots(different, 0));
  }

  private BitSet different(PeerMessage.Digests theirs) {
    // In this order, as another work may raise horizons meanwhile.
    List<Version> horizons = ports.store().horizons();
    long[] digests = ports.store().digests();
    var different = new BitSet(HashRing.SLOTS);
    int i = 0;
    for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
      // A slot that is empty on both sides may have been purged on one of them.
      boolean isEqual =
          digests[slot] == theirs.digests().get(i)
              && horizons.get(slot).equals(theirs.horizons().get(i));
      different.set(slot, !isEqual);
      i++;
    }
    return different;
  }

  private void nextSlots(BitSet different, int from) {
    if (from == 0) {
      whole.or(slots);
      whole.andNot(different);
    }
    var some = new BitSet(HashRing.SLOTS);
    int slot = different.nextSetBit(from);
    while (slot >= 0 && some.cardinality() < SLOTS_AT_ONCE) {
      some.set(slot);
      slot = different.nextSetBit(slot + 1);
    }
    if (some.isEmpty()) {
      end();
      return;
    }
    ask(
        id -> new PeerMessage.AskEntries(id, some),
        PeerMessage.Entries.class,
        answer ->
            groups(
                some,
                answer,
                () -> {
                  whole.or(some);
                  whole.andNot(refused);
                  nextSlots(different, some.length());
                }));
  }

  private void groups(BitSet some, PeerMessage.Entries answer, Runnable then) {
    if (answer.horizons().size() != some.cardinality()) {
      end();
      return;
    }
    var there = new SlotSide(answer.entries(), bySlot(some, answer.horizons()));
    background(
        () -> look(some),
        here -> {
          List<byte[]> lacking = delivers ? newTo(there, here) : List.of();
          // In this order: who raises a horizon has to have what the other one had.
          fetch(
              fetches ? newTo(here, there) : List.of(),
              there,
              () ->
                  deliver(
                      lacking,
                      here,
                      () ->
                          raiseOwn(
                              fetches ? there.higherThan(here) : new HashMap<>(),
                              there,
                              () -> raiseTheirs(here.higherThan(there), then))));
        });
  }

  private SlotSide look(BitSet some) {
    List<Version> all = ports.store().horizons();
    return new SlotSide(
        ports.store().entries(some::get), bySlot(some, some.stream().mapToObj(all::get).toList()));
  }

  /** The groups of one side that the other one lacks or has otherwise, and has not purged. */
  private List<byte[]> newTo(SlotSide to, SlotSide from) {
    var keys = new ArrayList<byte[]>();
    for (Entry entry : from.entries()) {
      Long hash = to.hashes().get(new GroupId(entry.key()));
      boolean isEqual = hash != null && hash == entry.hash();
      if (!isEqual && (takesLeftovers() || !to.hasPurged(entry, from))) {
        keys.add(entry.key());
      }
    }
    return keys;
  }

  private boolean takesLeftovers() {
    return off.contains(Rule.HORIZON_DROPS_LEFTOVERS);
  }

  private static Map<Integer, Version> bySlot(BitSet slots, List<Version> horizons) {
    var bySlot = new HashMap<Integer, Version>();
    int i = 0;
    for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
      Version horizon = horizons.get(i++);
      if (horizon.isAfter(Version.NEVER)) {
        bySlot.put(slot, horizon);
      }
    }
    return bySlot;
  }

  private void raiseOwn(Map<Integer, Version> horizons, SlotSide there, Runnable then) {
    horizons.keySet().removeIf(refused::get);
    if (horizons.isEmpty()) {
      then.run();
      return;
    }
    background(
        () -> ports.store().raise(horizons, key -> takesLeftovers() || there.has(key)),
        forgotten -> {
          purged += forgotten;
          then.run();
        });
  }

  private void raiseTheirs(Map<Integer, Version> horizons, Runnable then) {
    horizons.keySet().removeIf(refused::get);
    if (horizons.isEmpty() || !delivers) {
      then.run();
      return;
    }
    var lower = new BitSet(HashRing.SLOTS);
    horizons.keySet().forEach(lower::set);
    ask(
        id -> new PeerMessage.RaiseHorizons(id, lower),
        PeerMessage.HorizonsRaised.class,
        answer -> {
          if (answer.done()) {
            then.run();
          } else {
            end();
          }
        });
  }

  private void fetch(List<byte[]> keys, SlotSide there, Runnable then) {
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
            end();
            return;
          }
          List<byte[]> answered = some.subList(0, answer.answered());
          // Groups that are gone are left out, and then it is not known which they were.
          boolean isEach = answer.states().size() == answered.size();
          background(
              () -> merge(answer.states(), there),
              refusals -> {
                repaired += answer.states().size() - refusals.size();
                for (Refusal each : refusals) {
                  refusal = Optional.of(each.reason());
                  (isEach ? List.of(answered.get(each.index())) : answered)
                      .forEach(key -> refused.set(HashRing.slotOf(key)));
                }
                fetch(keys.subList(answered.size(), keys.size()), there, then);
              });
        });
  }

  /** Why a state could not be stored here. */
  private record Refusal(int index, String reason) {}

  private List<Refusal> merge(List<byte[]> states, SlotSide there) {
    var refusals = new ArrayList<Refusal>();
    for (int i = 0; i < states.size(); i++) {
      int index = i;
      merge(states.get(i), there).ifPresent(why -> refusals.add(new Refusal(index, why)));
    }
    return refusals;
  }

  private Optional<String> merge(byte[] state, SlotSide there) {
    try {
      return switch (takesLeftovers()
          ? ports.store().merge(state, _ -> NOTHING_PURGED)
          : ports.store().merge(state, there::horizon)) {
        case ReplicaStore.Merged.Done(),
            ReplicaStore.Merged.Overtaken(_),
            ReplicaStore.Merged.Purged() ->
            Optional.empty();
        case ReplicaStore.Merged.ShapeMissing() -> Optional.of("a whole state lacks its shape");
        case ReplicaStore.Merged.Refused(var reason) -> Optional.of(reason);
      };
    } catch (RuntimeException damaged) {
      // Whatever the store makes of bytes that are no state: the peer is asked again.
      return Optional.of(String.valueOf(damaged.getMessage()));
    }
  }

  private void deliver(List<byte[]> keys, SlotSide here, Runnable then) {
    if (keys.isEmpty()) {
      then.run();
      return;
    }
    var states = new ArrayList<byte[]>();
    var horizons = new ArrayList<Version>();
    background(
        () ->
            collect(
                ports.store(),
                keys,
                (key, state) -> {
                  states.add(state);
                  horizons.add(here.horizon(HashRing.slotOf(key)));
                }),
        taken ->
            ask(
                id -> new PeerMessage.Deliver(id, states, horizons),
                PeerMessage.Delivered.class,
                answer -> {
                  repaired += states.size();
                  if (answer.refused().isEmpty()) {
                    deliver(keys.subList(taken, keys.size()), here, then);
                  } else {
                    end();
                  }
                }));
  }

  /** Tells the states of the first keys, as many as fit; how many keys those are. */
  public static int collect(
      ReplicaStore store, List<byte[]> keys, BiConsumer<byte[], byte[]> states) {
    int taken = 0;
    long bytes = 0;
    while (taken < Math.min(keys.size(), GROUPS_AT_ONCE) && bytes < ANSWER_BYTES) {
      byte[] key = keys.get(taken);
      Optional<byte[]> state = store.wholeState(key);
      state.ifPresent(whole -> states.accept(key, whole));
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
                .ifPresentOrElse(orEnd(then), this::end));
  }

  private <T> void background(Supplier<T> work, Consumer<T> then) {
    Consumer<Optional<T>> made = outcome -> outcome.ifPresentOrElse(orEnd(then), this::end);
    if (epochs.isEmpty()) {
      ports.loop().background(work, made);
    } else {
      ports.loop().urgent(work, made);
    }
  }

  /** A step that fails is a bug, but its caller must not wait for the end for ever. */
  private <T> Consumer<T> orEnd(Consumer<T> step) {
    return given -> {
      try {
        step.accept(given);
      } catch (RuntimeException | Error failure) {
        end();
        throw failure;
      }
    };
  }

  private void end() {
    if (!ended) {
      ended = true;
      done.accept(new Outcome(whole, refusal, repaired, purged));
    }
  }
}
