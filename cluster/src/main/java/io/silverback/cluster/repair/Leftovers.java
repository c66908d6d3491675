package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Fences;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;

/**
 * Forgets what this node has of slots that it should not hold: those that it held by an earlier
 * view, and those of pushes that it took in place of a silent owner. Belongs to the loop.
 *
 * <p>It takes its time: some slots at once, and none before the view has stayed as it is for as
 * long as a node has to stay that came back. So a node that is away for a moment costs no copy.
 *
 * <p>Longer than other classes, as both sides of the conversation are in one place.
 */
public final class Leftovers {
  /*
   * Implementation notes
   *
   * What must never happen is that the last copy of something goes, or that others count on a copy
   * that goes. So, for some slots at a time:
   *
   * 1. Each node that should hold them by this view, and their leader, says that it does: the
   *    leader leads them, the others were told by it that they have all, and none waits for history.
   *    A node that has another view says no. From then on the leader counts on no copy here.
   * 2. This node looks what it has, and brings each of them what it lacks of that. It gets nothing
   *    in turn.
   * 3. It forgets what is as it was at that look. A push that came meanwhile stays for the next try.
   *
   * A later view may make this node an owner again, and its leader compares with it, maybe before
   * this node knows that view. Each comparison begins with a question for digests. So a question
   * that comes between 1 and 3 ends the try for its slots, and one that comes during 3 is answered
   * afterwards. One that came before 1 was from a leader of this view or an earlier one, which
   * forgets in 1 what it has found, or it has left its fence here. And what another node is having
   * the horizons raised of is left alone, as is everything while this node takes slots over.
   *
   * The horizon of a slot goes with its groups, or it would say of them that they were purged.
   * Without one this node claims nothing: what reaches it late is dropped in the next comparison
   * with an owner, by the horizon of that.
   */

  /** That are looked at together; a slot may have more. */
  private static final int GROUPS_AT_ONCE = 1_000;

  private static final long TIMEOUT_NANOS = 5_000_000_000L;
  private static final long LOOK_NANOS = 1_000_000_000L;

  /** After some slots were not settled yet. */
  private static final long SOON_NANOS = 2_000_000_000L;

  /** After all were tried: what is left is a deleted group with history, or was just pushed. */
  private static final long AGAIN_NANOS = 10_000_000_000L;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final Shares shares;
  private final Fences fences;
  private final AntiEntropy antiEntropy;
  private final HistoryMove historyMove;
  private final BiPredicate<View, Member> hasCopiesOf;
  private final BooleanSupplier isLeased;
  private final EnumSet<Rule> off;
  private final EventCounts events;

  /** Since all were tried. */
  private final BitSet tried = new BitSet(HashRing.SLOTS);

  /** Those that another node has this one raise horizons of, for each time. */
  private final List<BitSet> held = new ArrayList<>();

  private BitSet mine = new BitSet();
  private BitSet forgetting = new BitSet();
  private Optional<Batch> batch = Optional.empty();
  private boolean busy;
  private boolean isSomeUnsettled;
  private boolean isMineKnown;
  private long epoch;
  private long enteredNanos;
  private long dueNanos;
  private int slots;

  /**
   * Forgets nothing before the first {@link #tick}.
   *
   * @param hasCopiesOf true if this node is known to hold its share of the slots that a member
   *     leads
   */
  public Leftovers(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Shares shares,
      Fences fences,
      AntiEntropy antiEntropy,
      HistoryMove historyMove,
      BiPredicate<View, Member> hasCopiesOf,
      BooleanSupplier isLeased,
      EnumSet<Rule> off,
      EventCounts events) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.shares = shares;
    this.fences = fences;
    this.antiEntropy = antiEntropy;
    this.historyMove = historyMove;
    this.hasCopiesOf = hasCopiesOf;
    this.isLeased = isLeased;
    this.off = off;
    this.events = events;
  }

  /** Of how many slots something is here that should not be, as of the last look. */
  public int slots() {
    return slots;
  }

  /** Another node asks what is here of these slots, and may count on it. */
  public void asked(BitSet some) {
    batch.ifPresent(now -> now.slots.andNot(some));
  }

  /** True if it is not known for now what is here of these slots. */
  public boolean isForgetting(BitSet some) {
    return forgetting.intersects(some);
  }

  /** True if it is not known for now what is here of some slot. */
  public boolean isForgetting() {
    return !forgetting.isEmpty();
  }

  /** Nothing of these slots is forgotten until {@link #letGo} of the same. */
  public void hold(BitSet some) {
    asked(some);
    held.add(some);
  }

  /** Ends a {@link #hold} of the same slots. */
  public void letGo(BitSet some) {
    held.remove(some);
  }

  /** Which of the slots this node, which should hold them, can do without the asker for. */
  public BitSet settled(View view, Member asker, PeerMessage.AskSettled question) {
    var settled = new BitSet(HashRing.SLOTS);
    if (view.epoch() != question.epoch()) {
      return settled;
    }
    var copied = new HashMap<ProcessId, Boolean>();
    for (Member member : view.members()) {
      copied.put(ProcessId.of(member), hasCopiesOf.test(view, member));
    }
    question.slots().stream()
        .filter(slot -> historyMove.hasAllOf(view, slot))
        .filter(slot -> shares.successor(slot).filter(asker::isSameProcess).isEmpty())
        .filter(slot -> led.takesUpdates(slot) || copied.getOrDefault(leader(view, slot), false))
        .forEach(settled::set);
    antiEntropy.mayForget(asker, settled);
    return settled;
  }

  private static ProcessId leader(View view, int slot) {
    SlotTable.Tenure tenure = view.slots().tenure(slot);
    return new ProcessId(tenure.nodeId(), tenure.incarnation());
  }

  /** Whatever was begun by another view ends. */
  public void enter(View view) {
    epoch = view.epoch();
    enteredNanos = ports.clock().nanoTime();
    isMineKnown = false;
  }

  /** Called now and then. */
  public void tick(View view) {
    if (!isMineKnown) {
      isMineKnown = true;
      mine = view.slots().ledBy(self);
      mine.or(shares.of(self));
      tried.clear();
      dueNanos = enteredNanos;
    }
    if (!busy && ports.clock().nanoTime() - dueNanos >= 0) {
      busy = true;
      ports
          .loop()
          .background(() -> ports.store().sizes(), sizes -> choose(view, sizes.orElse(new int[0])));
    }
  }

  private void choose(View view, int[] sizes) {
    if (view.epoch() != epoch || !view.has(self)) {
      slots = 0;
      rest(LOOK_NANOS);
      return;
    }
    var some = new BitSet(HashRing.SLOTS);
    int all = 0;
    int groups = 0;
    for (int slot = 0; slot < sizes.length; slot++) {
      if (sizes[slot] > 0 && !mine.get(slot)) {
        all++;
        if (!tried.get(slot) && !isHeld(slot) && groups < GROUPS_AT_ONCE) {
          some.set(slot);
          groups += sizes[slot];
        }
      }
    }
    slots = all;
    if (some.isEmpty()) {
      rest(tried.isEmpty() ? LOOK_NANOS : isSomeUnsettled ? SOON_NANOS : AGAIN_NANOS);
      tried.clear();
      isSomeUnsettled = false;
    } else if (!mayForget(view)) {
      rest(LOOK_NANOS);
    } else {
      tried.or(some);
      var next = new Batch(view, some);
      batch = Optional.of(next);
      next.begin();
    }
  }

  private boolean isHeld(int slot) {
    return held.stream().anyMatch(some -> some.get(slot));
  }

  private boolean mayForget(View view) {
    if (off.contains(Rule.OWNERS_FIRST)) {
      return view.epoch() == epoch;
    }
    long calm = ports.clock().nanoTime() - enteredNanos;
    return view.epoch() == epoch
        && isLeased.getAsBoolean()
        && led.pending().isEmpty()
        && calm >= config.stability().toNanos();
  }

  private void rest(long nanos) {
    busy = false;
    batch = Optional.empty();
    dueNanos = ports.clock().nanoTime() + nanos;
  }

  /** What this node has of some slots. */
  private record Held(List<Entry> groups, List<Version> horizons) {}

  /** The work on some slots: fewer and fewer, as something speaks against others. */
  private final class Batch {
    private final View view;
    private final BitSet slots;
    private int open;

    Batch(View view, BitSet slots) {
      this.view = view;
      this.slots = slots;
    }

    void begin() {
      if (off.contains(Rule.OWNERS_FIRST)) {
        look(Map.of());
        return;
      }
      Map<Member, BitSet> holders = holders();
      open = holders.size();
      if (open == 0) {
        rest(0);
      }
      holders.forEach(
          (member, share) ->
              requests.ask(
                  member,
                  TIMEOUT_NANOS,
                  id -> new PeerMessage.AskSettled(id, view.epoch(), share),
                  answer -> {
                    int before = slots.cardinality();
                    keep(
                        share,
                        answer
                            .filter(PeerMessage.Settled.class::isInstance)
                            .map(PeerMessage.Settled.class::cast)
                            .map(PeerMessage.Settled::slots)
                            .orElse(new BitSet()));
                    isSomeUnsettled |= slots.cardinality() < before;
                    if (--open == 0) {
                      look(holders);
                    }
                  }));
    }

    /** The others that should hold or lead the slots, with these; leaves out what nobody leads. */
    private Map<Member, BitSet> holders() {
      var leaders = new HashMap<ProcessId, BitSet>();
      slots.stream()
          .forEach(
              slot ->
                  leaders
                      .computeIfAbsent(leader(view, slot), _ -> new BitSet(HashRing.SLOTS))
                      .set(slot));
      var holders = new LinkedHashMap<Member, BitSet>();
      var isLed = new BitSet(HashRing.SLOTS);
      for (Member member : view.members()) {
        BitSet leads = leaders.getOrDefault(ProcessId.of(member), new BitSet());
        isLed.or(leads);
        var share = (BitSet) shares.of(member).clone();
        share.and(slots);
        share.or(leads);
        if (!share.isEmpty()) {
          holders.put(member, share);
        }
      }
      slots.and(isLed);
      return holders;
    }

    private void keep(BitSet asked, BitSet done) {
      var others = (BitSet) asked.clone();
      others.andNot(done);
      slots.andNot(others);
    }

    private void look(Map<Member, BitSet> holders) {
      var some = (BitSet) slots.clone();
      ports
          .loop()
          .background(
              () -> {
                // In this order, as another work may raise horizons meanwhile.
                List<Version> horizons = ports.store().horizons();
                return new Held(ports.store().entries(some::get), horizons);
              },
              held -> held.ifPresentOrElse(all -> bring(holders, all), () -> rest(AGAIN_NANOS)));
    }

    private void bring(Map<Member, BitSet> holders, Held held) {
      holders.values().forEach(share -> share.and(slots));
      holders.values().removeIf(BitSet::isEmpty);
      open = holders.size();
      if (open == 0) {
        forget(held);
      }
      holders.forEach(
          (member, share) ->
              new SlotSync(
                      ports,
                      requests,
                      off,
                      SyncTask.deliver(member, share),
                      outcome -> {
                        outcome.countIn(events);
                        keep(share, outcome.whole());
                        if (--open == 0) {
                          forget(held);
                        }
                      })
                  .start());
    }

    private void forget(Held held) {
      var horizons = new HashMap<Integer, Version>();
      if (mayForget(view)) {
        slots.stream()
            .filter(slot -> fences.lets(slot, view.slots().tenure(slot).epoch()))
            .forEach(slot -> horizons.put(slot, held.horizons().get(slot)));
      }
      if (horizons.isEmpty()) {
        rest(0);
        return;
      }
      forgetting = new BitSet(HashRing.SLOTS);
      horizons.keySet().forEach(forgetting::set);
      List<Entry> groups =
          held.groups().stream()
              .filter(group -> horizons.containsKey(HashRing.slotOf(group.key())))
              .toList();
      ports
          .loop()
          .background(
              () -> ports.store().forget(horizons, groups),
              forgotten -> {
                forgetting = new BitSet();
                events.add(ClusterEvent.LEFTOVERS_FORGOTTEN, forgotten.orElse(0));
                rest(0);
              });
    }
  }
}
