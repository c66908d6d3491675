package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Adopted;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Answer;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Question;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Fetches the history of the slots that this node has come to hold, of before it did: from whatever
 * member has the newest of what is lacking, the newest first, group by group. Belongs to the loop.
 *
 * <p>It takes its time: one piece is on its way at once, and none while this node takes slots over.
 * A slot is done when each other member has answered that it has nothing more. What a process has
 * not fetched when it ends is asked for again by the next one.
 */
public final class HistoryMove {
  /** Of the slots that are worked on together. */
  private static final int SLOTS_AT_ONCE = 256;

  /** That one question names; more are not answered. */
  public static final int GROUPS_AT_ONCE = 256;

  /** Of an answer, so that pushes need not wait for it on the same connection. */
  public static final int PIECE_BYTES = 256 << 10;

  private static final long TIMEOUT_NANOS = 5_000_000_000L;

  /** After a member has not answered, or there was no room. */
  private static final long AGAIN_NANOS = 5_000_000_000L;

  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final Shares shares;
  private final BiPredicate<View, Member> hasCopiesOf;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final BitSet waiting = new BitSet(HashRing.SLOTS);
  private BitSet mine = new BitSet();
  private long epoch;
  private int next;
  private boolean busy;
  private boolean lacksRoom;
  private Optional<Long> failedNanos = Optional.empty();

  /**
   * Fetches nothing before the first {@link #tick}.
   *
   * @param hasCopiesOf true if this node is known to hold its share of the slots that a member
   *     leads
   */
  public HistoryMove(
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Shares shares,
      BiPredicate<View, Member> hasCopiesOf,
      EnumSet<Rule> off,
      EventCounts events) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.shares = shares;
    this.hasCopiesOf = hasCopiesOf;
    this.off = off;
    this.events = events;
  }

  /** How many slots this node holds that wait for history of before. */
  public int waiting() {
    return waiting.cardinality();
  }

  /** True if this node holds the slot by that view, and waits for nothing of it. */
  boolean hasAllOf(View view, int slot) {
    return epoch == view.epoch() && mine.get(slot) && !waiting.get(slot);
  }

  /** As {@link #waiting}, but 0 as long as there is no room for it: that may be for ever. */
  public int moving() {
    return lacksRoom ? 0 : waiting();
  }

  /** Called now and then. */
  public void tick(View view) {
    learnSlots(view);
    boolean isResting =
        failedNanos.filter(then -> ports.clock().nanoTime() - then < AGAIN_NANOS).isPresent();
    if (!busy && !isResting && !waiting.isEmpty() && led.pending().isEmpty()) {
      BitSet slots = nextSlots(view);
      if (!slots.isEmpty()) {
        busy = true;
        new Batch(view, slots).begin();
      }
    }
  }

  private void learnSlots(View view) {
    if (view.epoch() == epoch) {
      return;
    }
    epoch = view.epoch();
    BitSet before = mine;
    mine = view.slots().ledBy(self);
    mine.or(shares.of(self));
    var more = (BitSet) mine.clone();
    more.andNot(before);
    if (!off.contains(Rule.HISTORY_FOLLOWS)) {
      waiting.or(more);
    }
    waiting.and(mine);
  }

  /** Some of those that wait, and of which all groups are here. */
  private BitSet nextSlots(View view) {
    var copied = new HashSet<ProcessId>();
    view.members().stream()
        .filter(member -> hasCopiesOf.test(view, member))
        .forEach(member -> copied.add(ProcessId.of(member)));
    var slots = new BitSet(HashRing.SLOTS);
    int slot = waiting.nextSetBit(next);
    while (slot >= 0 && slots.cardinality() < SLOTS_AT_ONCE) {
      var tenure = view.slots().tenure(slot);
      var leader = new ProcessId(tenure.nodeId(), tenure.incarnation());
      slots.set(slot, led.leads(slot) || copied.contains(leader));
      slot = waiting.nextSetBit(slot + 1);
    }
    next = Math.max(slot, 0);
    return slots;
  }

  /** A group that a member has nothing more of, or nothing that can be taken. */
  private record Barren(ProcessId member, GroupId group) implements Comparable<Barren> {
    @Override
    public int compareTo(Barren other) {
      int order = member.nodeId().compareTo(other.member.nodeId());
      order = order == 0 ? Long.compare(member.incarnation(), other.member.incarnation()) : order;
      return order == 0 ? group.compareTo(other.group) : order;
    }
  }

  /** The work on some slots. */
  private final class Batch {
    private final View view;
    private final BitSet slots;
    private final List<Member> others;
    private final Set<Barren> barren = new TreeSet<>();
    private boolean isIncomplete;
    private boolean isFull;
    private boolean isOver;

    Batch(View view, BitSet slots) {
      this.view = view;
      this.slots = slots;
      this.others =
          view.members().stream()
              .filter(member -> !member.isSameProcess(self) && !member.voterOnly())
              .toList();
    }

    void begin() {
      background(() -> ports.store().lacks(slots::get), all -> someGroups(all, 0));
    }

    private void someGroups(List<Lack> all, int from) {
      if (from >= all.size() || others.isEmpty() || epoch != view.epoch()) {
        end();
        return;
      }
      int to = Math.min(all.size(), from + GROUPS_AT_ONCE);
      askAll(all.subList(from, to), () -> someGroups(all, to));
    }

    /** Asks all members what they have, fetches it, and asks again until nobody has anything. */
    private void askAll(List<Lack> lacks, Runnable then) {
      var offers = new HashMap<Member, List<Long>>();
      var open = new HashSet<>(others);
      for (Member member : others) {
        ask(
            member,
            id -> new PeerMessage.AskHistory(id, lacks),
            PeerMessage.HistoryKnown.class,
            answer -> {
              open.remove(member);
              answer
                  .map(PeerMessage.HistoryKnown::newest)
                  .filter(newest -> newest.size() == lacks.size())
                  .ifPresentOrElse(newest -> offers.put(member, newest), this::failed);
              if (open.isEmpty()) {
                choose(lacks, offers, then);
              }
            });
      }
    }

    private void choose(List<Lack> lacks, Map<Member, List<Long>> offers, Runnable then) {
      var chosen = new LinkedHashMap<Member, List<Lack>>();
      for (int i = 0; i < lacks.size(); i++) {
        Optional<Member> best = Optional.empty();
        long newest = Long.MIN_VALUE;
        for (Member member : others) {
          long offer = offers.containsKey(member) ? offers.get(member).get(i) : Long.MIN_VALUE;
          if (offer > newest && !barren.contains(barren(member, lacks.get(i)))) {
            newest = offer;
            best = Optional.of(member);
          }
        }
        if (best.isPresent()) {
          chosen.computeIfAbsent(best.get(), _ -> new ArrayList<>()).add(lacks.get(i));
        }
      }
      if (chosen.isEmpty()) {
        then.run();
      } else {
        var left = new ArrayList<Lack>();
        fetchAll(new ArrayList<>(chosen.entrySet()), left, () -> askAll(left, then));
      }
    }

    private Barren barren(Member member, Lack lack) {
      return new Barren(ProcessId.of(member), new GroupId(lack.key()));
    }

    private void fetchAll(
        List<Map.Entry<Member, List<Lack>>> chosen, List<Lack> left, Runnable then) {
      if (chosen.isEmpty()) {
        then.run();
        return;
      }
      Map.Entry<Member, List<Lack>> first = chosen.removeFirst();
      fetch(first.getKey(), first.getValue(), left, () -> fetchAll(chosen, left, then));
    }

    /** Fetches a piece, and the next one, until the member has nothing more of these groups. */
    private void fetch(Member member, List<Lack> lacks, List<Lack> left, Runnable then) {
      if (lacks.isEmpty()) {
        then.run();
        return;
      }
      ask(
          member,
          id -> new PeerMessage.AskPages(id, lacks),
          PeerMessage.Pages.class,
          answer -> {
            List<List<byte[]>> pages = answer.map(PeerMessage.Pages::pages).orElse(List.of());
            if (pages.isEmpty() || pages.size() > lacks.size()) {
              failed();
              lacks.forEach(lack -> barren.add(barren(member, lack)));
              left.addAll(lacks);
              then.run();
              return;
            }
            background(
                () -> adopt(lacks, pages), adopted -> taken(member, lacks, adopted, left, then));
          });
    }

    private List<Adopted> adopt(List<Lack> lacks, List<List<byte[]>> pages) {
      var adopted = new ArrayList<Adopted>();
      for (int i = 0; i < pages.size(); i++) {
        adopted.add(ports.store().adopt(lacks.get(i), pages.get(i)));
      }
      return adopted;
    }

    private void taken(
        Member member, List<Lack> asked, List<Adopted> adopted, List<Lack> left, Runnable then) {
      var more = new ArrayList<Lack>();
      for (int i = 0; i < adopted.size(); i++) {
        Adopted one = adopted.get(i);
        events.add(ClusterEvent.HISTORY_MOVED_BYTES, one.bytes());
        if (one.isFull()) {
          isFull = true;
          failed();
          end();
          return;
        }
        if (one.bytes() > 0) {
          one.left().ifPresent(more::add);
        } else {
          barren.add(barren(member, asked.get(i)));
          one.left().ifPresent(left::add);
        }
      }
      more.addAll(0, asked.subList(adopted.size(), asked.size()));
      fetch(member, more, left, then);
    }

    private void failed() {
      isIncomplete = true;
    }

    private <A extends Answer> void ask(
        Member member, LongFunction<Question> question, Class<A> type, Consumer<Optional<A>> then) {
      requests.ask(
          member,
          TIMEOUT_NANOS,
          question,
          answer -> orEnd(() -> then.accept(answer.filter(type::isInstance).map(type::cast))));
    }

    private <T> void background(Supplier<T> work, Consumer<T> then) {
      ports
          .loop()
          .background(
              work,
              made ->
                  orEnd(
                      () ->
                          made.ifPresentOrElse(
                              then,
                              () -> {
                                failed();
                                end();
                              })));
    }

    /** A step that fails is a bug, but the next batch must not wait for its end for ever. */
    private void orEnd(Runnable step) {
      try {
        if (!isOver) {
          step.run();
        }
      } catch (RuntimeException | Error failure) {
        failed();
        end();
        throw failure;
      }
    }

    private void end() {
      if (isOver) {
        return;
      }
      isOver = true;
      busy = false;
      lacksRoom = isFull;
      failedNanos = isIncomplete ? Optional.of(ports.clock().nanoTime()) : Optional.empty();
      // In another view there may be members that nobody has asked.
      if (!isIncomplete && epoch == view.epoch()) {
        waiting.andNot(slots);
        tick(view);
      }
    }
  }

  /** What this node has of some groups, for a node that lacks it. */
  public static PeerMessage.HistoryKnown known(
      ReplicaStore store, PeerMessage.AskHistory question) {
    return new PeerMessage.HistoryKnown(
        question.id(), question.lacks().stream().limit(GROUPS_AT_ONCE).map(store::offer).toList());
  }

  /** Pages of the first of those groups, as many as fit. */
  public static PeerMessage.Pages pages(ReplicaStore store, PeerMessage.AskPages question) {
    var pages = new ArrayList<List<byte[]>>();
    long bytes = 0;
    for (Lack lack : question.lacks()) {
      if (bytes >= PIECE_BYTES || pages.size() == GROUPS_AT_ONCE) {
        break;
      }
      List<byte[]> some = store.history(lack, (int) (PIECE_BYTES - bytes));
      bytes += some.stream().mapToLong(page -> page.length).sum();
      pages.add(some);
    }
    return new PeerMessage.Pages(question.id(), pages);
  }
}
