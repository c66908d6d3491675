package io.silverback.cluster.node;

import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer;
import io.silverback.cluster.message.PeerMessage.Delivered;
import io.silverback.cluster.message.PeerMessage.Forwarded;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Question;
import io.silverback.cluster.message.PeerMessage.Replicated;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.push.Claims;
import io.silverback.cluster.push.LeaderQueue;
import io.silverback.cluster.push.Pushes;
import io.silverback.cluster.push.WaitingBytes;
import io.silverback.cluster.repair.HistoryMove;
import io.silverback.cluster.repair.Leftovers;
import io.silverback.cluster.repair.SlotSync;
import io.silverback.cluster.repair.SyncTask;
import io.silverback.cluster.slots.Fences;
import io.silverback.cluster.slots.Led;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Answers what other nodes ask this one. Belongs to the loop.
 *
 * <p>Longer than other classes, as it has a method for each kind of question.
 */
final class PeerAnswers {
  private static final long MOST_WAITING_BYTES = 128 << 20;

  private static final long SOON_NANOS = 5_000_000L;

  /** From one question of a take-over to its next one. */
  private static final long URGENT_NANOS = 10_000_000_000L;

  private final ClusterPorts ports;
  private final Fences fences;
  private final Led led;
  private final Minority minority;
  private final LeaderQueue leader;
  private final Claims claims;
  private final Pushes pushes;
  private final ClusterWipe wipe;
  private final Leftovers leftovers;
  private final EpochFloor epochs;
  private final Requests requests;
  private final Requests.Post post;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final Set<ProcessId> raising = new HashSet<>();

  /** Until when the questions of a node that takes slots over are urgent. */
  private final Map<ProcessId, Long> takingOver = new HashMap<>();

  /** Of states and claims that wait for the store. */
  private final WaitingBytes waiting = new WaitingBytes(MOST_WAITING_BYTES);

  /** By themselves: each waits for states that others take, which must not wait for it in turn. */
  private final WaitingBytes forwards = new WaitingBytes(MOST_WAITING_BYTES);

  private volatile BiFunction<Member, byte[], byte[]> server = (_, _) -> new byte[0];

  PeerAnswers(
      ClusterPorts ports,
      Fences fences,
      Led led,
      Minority minority,
      LeaderQueue leader,
      Claims claims,
      Pushes pushes,
      ClusterWipe wipe,
      Leftovers leftovers,
      EpochFloor epochs,
      Requests requests,
      Requests.Post post,
      EnumSet<Rule> off,
      EventCounts events) {
    this.ports = ports;
    this.fences = fences;
    this.led = led;
    this.minority = minority;
    this.leader = leader;
    this.claims = claims;
    this.pushes = pushes;
    this.wipe = wipe;
    this.leftovers = leftovers;
    this.epochs = epochs;
    this.requests = requests;
    this.post = post;
    this.off = off;
    this.events = events;
  }

  void answerWith(BiFunction<Member, byte[], byte[]> answers) {
    server = answers;
  }

  void answer(Optional<View> view, Member asker, Question question) {
    switch (question) {
      case PeerMessage.Forward forward -> forward(asker, forward);
      case PeerMessage.Replicate replicate -> replicate(asker, replicate);
      case PeerMessage.AskDigests ask -> digests(asker, ask);
      case PeerMessage.AskEntries ask ->
          look(
              asker,
              () -> {
                List<Version> horizons = horizons(ask.slots());
                return new PeerMessage.Entries(
                    ask.id(), ports.store().entries(ask.slots()::get), horizons);
              });
      case PeerMessage.AskStates ask -> look(asker, () -> states(ask));
      case PeerMessage.Deliver deliver -> deliver(asker, deliver);
      case PeerMessage.AskHistory ask ->
          background(asker, () -> HistoryMove.known(ports.store(), ask));
      case PeerMessage.AskPages ask ->
          background(asker, () -> HistoryMove.pages(ports.store(), ask));
      case PeerMessage.AskSettled ask ->
          tell(
              asker,
              new PeerMessage.Settled(
                  ask.id(),
                  view.map(now -> leftovers.settled(now, asker, ask)).orElse(new BitSet())));
      case PeerMessage.RaiseHorizons ask -> raise(asker, ask);
      case PeerMessage.AskWipe ask -> wipe.asked(ask, wiped -> tell(asker, wiped));
      case PeerMessage.WipeSlots ask -> wipe(asker, ask);
      case PeerMessage.AskClaim ask -> claim(view, asker, ask);
      case PeerMessage.Probe probe -> probe(asker, probe);
      case PeerMessage.OpaqueQuestion ask ->
          answerServer(
              asker,
              ask.question(),
              answer ->
                  answer.ifPresent(
                      text -> tell(asker, new PeerMessage.OpaqueAnswer(ask.id(), text))));
    }
  }

  private void forward(Member asker, PeerMessage.Forward forward) {
    int length = forward.key().length + forward.update().length;
    if (!forwards.take(length)) {
      tell(
          asker,
          new Forwarded(
              forward.id(),
              Forwarded.Fate.UNAVAILABLE,
              new byte[0],
              "the leader of the group has too many bytes of pushes, push less or add nodes"));
      return;
    }
    pushes.forwarded(
        forward,
        said -> {
          forwards.giveBack(length);
          said.ifPresent(answer -> tell(asker, answer));
        });
  }

  void answerServer(Member asker, byte[] question, Consumer<Optional<byte[]>> done) {
    ports.loop().background(() -> server.apply(asker, question), done);
  }

  private void digests(Member asker, PeerMessage.AskDigests ask) {
    if (ask.epochs().stream().anyMatch(epoch -> epoch >= View.MOST_EPOCH)) {
      // Nobody leads from then on, and no leader would be let through any more.
      return;
    }
    // Before the look, so that nothing of the leader before slips in after it.
    fences.raise(ask.slots(), ask.epochs());
    led.giveWay(ask.slots(), ask.epochs());
    leftovers.asked(ask.slots());
    if (!ask.epochs().isEmpty()) {
      long now = ports.clock().nanoTime();
      takingOver.values().removeIf(until -> until - now < 0);
      takingOver.put(ProcessId.of(asker), now + URGENT_NANOS);
      // It has a lease, and shows what it is told; so this node is not alone any more.
      minority.waitAnew();
    }
    answerDigests(asker, ask);
  }

  private void answerDigests(Member asker, PeerMessage.AskDigests ask) {
    if (leader.isAloneAtWork() || leftovers.isForgetting(ask.slots())) {
      // What it does would come after the look, and be older than what is pushed meanwhile; and
      // what is found would be gone a moment later.
      ports.loop().schedule(SOON_NANOS, () -> answerDigests(asker, ask));
      return;
    }
    look(
        asker,
        () -> {
          List<Version> horizons = horizons(ask.slots());
          long[] all = ports.store().digests();
          List<Long> digests = ask.slots().stream().mapToObj(slot -> all[slot]).toList();
          return new PeerMessage.Digests(ask.id(), digests, horizons);
        });
  }

  private PeerMessage states(PeerMessage.AskStates ask) {
    var states = new ArrayList<byte[]>();
    int answered = SlotSync.collect(ports.store(), ask.keys(), (_, state) -> states.add(state));
    return new PeerMessage.States(ask.id(), answered, states);
  }

  /**
   * Those of before the look: whatever is purged meanwhile is then missing at an old horizon, so
   * the asker takes it for something new to this node, which does not let it in.
   */
  private List<Version> horizons(BitSet slots) {
    List<Version> all = ports.store().horizons();
    return slots.stream().mapToObj(all::get).toList();
  }

  /** One at a time for each asker, who asks again. */
  private void raise(Member asker, PeerMessage.RaiseHorizons ask) {
    ProcessId id = ProcessId.of(asker);
    if (leftovers.isForgetting(ask.slots()) || !raising.add(id)) {
      tell(asker, new PeerMessage.HorizonsRaised(ask.id(), false));
      return;
    }
    leftovers.hold(ask.slots());
    new SlotSync(
            ports,
            requests,
            off,
            SyncTask.fetch(asker, ask.slots()),
            outcome -> {
              leftovers.letGo(ask.slots());
              raising.remove(id);
              outcome.countIn(events);
              tell(asker, new PeerMessage.HorizonsRaised(ask.id(), outcome.covers(ask.slots())));
            })
        .start();
  }

  /** What another node has begun to lead meanwhile is not confirmed, as that may have asked. */
  private void wipe(Member asker, PeerMessage.WipeSlots ask) {
    var versions = new HashMap<Integer, Version>();
    int i = 0;
    for (int slot = ask.slots().nextSetBit(0);
        slot >= 0 && i < ask.versions().size();
        slot = ask.slots().nextSetBit(slot + 1)) {
      versions.put(slot, ask.versions().get(i++));
    }
    removeFenced(versions);
    ports
        .loop()
        .parallel(
            () -> ports.store().wipe(versions),
            outcome -> {
              removeFenced(versions);
              var wiped = new BitSet(HashRing.SLOTS);
              OptionalInt groups = outcome.orElse(OptionalInt.empty());
              if (groups.isPresent()) {
                versions.keySet().forEach(wiped::set);
              }
              tell(asker, new PeerMessage.Wiped(ask.id(), wiped, groups.orElse(0)));
            });
  }

  private void removeFenced(Map<Integer, Version> versions) {
    versions
        .entrySet()
        .removeIf(
            each ->
                !off.contains(Rule.FENCE_OLD_LEADERS)
                    && !fences.lets(each.getKey(), each.getValue().epoch()));
  }

  private void replicate(Member asker, PeerMessage.Replicate replicate) {
    if (isFenced(replicate)) {
      tell(asker, new Replicated(replicate.id(), Replicated.Receipt.FENCED, ""));
      return;
    }
    int length = replicate.state().length;
    if (!waiting.take(length)) {
      // The leader takes another member instead.
      return;
    }
    ports
        .loop()
        .parallel(
            () ->
                isLate(replicate)
                    ? Optional.<Merged>empty()
                    : Optional.of(merge(replicate.state(), Version.NEVER)),
            outcome -> {
              waiting.giveBack(length);
              outcome
                  .orElse(Optional.of(new Merged.Refused("the store failed, see the log")))
                  .ifPresent(merged -> tell(asker, receipt(replicate, merged)));
            });
  }

  private void probe(Member asker, PeerMessage.Probe probe) {
    int length = probe.claim().series().length;
    if (!waiting.take(length)) {
      // The home of the job tells its asker to try again.
      return;
    }
    claims.probed(
        probe.id(),
        probe.epoch(),
        probe.key(),
        probe.claim(),
        answer -> {
          waiting.giveBack(length);
          answer.ifPresent(known -> tell(asker, known));
        });
  }

  private boolean isFenced(PeerMessage.Replicate replicate) {
    return !off.contains(Rule.FENCE_OLD_LEADERS)
        && !fences.lets(replicate.slot(), replicate.epoch());
  }

  /** The leader gave it up, and others may have been told since that they may have its series. */
  private boolean isLate(PeerMessage.Replicate replicate) {
    return ports.clock().nanoTime() - replicate.dropAfter() >= 0;
  }

  private Replicated receipt(PeerMessage.Replicate replicate, Merged merged) {
    if (isFenced(replicate)) {
      // While it was merged, and the next leader may have been told what was here before.
      return new Replicated(replicate.id(), Replicated.Receipt.FENCED, "");
    }
    return switch (merged) {
      case Merged.Done() -> new Replicated(replicate.id(), Replicated.Receipt.DONE, "");
      case Merged.Overtaken(long stored) when stored > replicate.epoch() -> {
        epochs.met(replicate.slot(), stored);
        yield new Replicated(replicate.id(), Replicated.Receipt.REFUSED, EpochFloor.REASON);
      }
      // Of the leader's own epoch, or before: it has that, too, or gave it up.
      case Merged.Overtaken(_) -> new Replicated(replicate.id(), Replicated.Receipt.DONE, "");
      case Merged.ShapeMissing() ->
          new Replicated(replicate.id(), Replicated.Receipt.SHAPE_MISSING, "");
      // What a leader makes of an update is newer than any horizon: within the epoch from which on
      // it leads, as its clock has given each version of that epoch, and since a horizon of a later
      // one would have come from a leader that fenced it off. So this is old, and came late.
      case Merged.Purged() ->
          new Replicated(replicate.id(), Replicated.Receipt.REFUSED, "it was purged");
      case Merged.Refused(var reason) ->
          new Replicated(replicate.id(), Replicated.Receipt.REFUSED, reason);
    };
  }

  private void deliver(Member asker, PeerMessage.Deliver deliver) {
    background(
        asker,
        () -> {
          var refused = Optional.<String>empty();
          for (int i = 0; i < deliver.states().size(); i++) {
            // Of a sender who gave up long ago it is, too: what it says may be purged by now.
            Version horizon =
                i < deliver.horizons().size() ? deliver.horizons().get(i) : Version.NEVER;
            if (merge(deliver.states().get(i), horizon) instanceof Merged.Refused(var reason)) {
              refused = Optional.of(reason);
            }
          }
          return new Delivered(deliver.id(), refused);
        });
  }

  private Merged merge(byte[] state, Version sendersHorizon) {
    if (off.contains(Rule.HEAR_NO_CLOCK)) {
      ports.versions().observe(ports.store().newest(state));
    }
    return ports.store().merge(state, _ -> sendersHorizon);
  }

  private void claim(Optional<View> view, Member asker, PeerMessage.AskClaim ask) {
    int slot = Claims.slotOf(ask.claim().job());
    if (view.isEmpty() || !led.leads(slot) || led.epoch(slot) != ask.epoch()) {
      tell(
          asker,
          new ClaimAnswer(
              ask.id(), ask.epoch(), ClaimAnswer.Verdict.RETRY, "the home of the job has moved"));
      return;
    }
    claims
        .home()
        .judge(
            view.get(),
            ask.epoch(),
            ask.key(),
            ask.claim(),
            (verdict, reason) ->
                tell(asker, new ClaimAnswer(ask.id(), ask.epoch(), verdict, reason)));
  }

  /** What a node looks at that takes slots over does not wait for what others compare. */
  private void look(Member asker, Supplier<PeerMessage> answer) {
    long now = ports.clock().nanoTime();
    Long until =
        takingOver.computeIfPresent(
            ProcessId.of(asker), (_, it) -> it - now < 0 ? null : now + URGENT_NANOS);
    if (until == null) {
      background(asker, answer);
    } else {
      ports.loop().urgent(answer, message -> message.ifPresent(told -> tell(asker, told)));
    }
  }

  private void background(Member asker, Supplier<PeerMessage> answer) {
    ports.loop().background(answer, message -> message.ifPresent(told -> tell(asker, told)));
  }

  private void tell(Member member, PeerMessage message) {
    post.send(member, message);
  }
}
