package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ClaimAnswer;
import io.silverback.cluster.PeerMessage.Delivered;
import io.silverback.cluster.PeerMessage.ProcessId;
import io.silverback.cluster.PeerMessage.Question;
import io.silverback.cluster.PeerMessage.Replicated;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Answers what other nodes ask this one. Belongs to the loop. */
final class PeerAnswers {
  private final ClusterPorts ports;
  private final VersionClock versions;
  private final Fences fences;
  private final Led led;
  private final Claims claims;
  private final Pushes pushes;
  private final Requests requests;
  private final Requests.Post post;
  private final EnumSet<Rule> off;
  private final Counters counters;
  private final Set<ProcessId> raising = new HashSet<>();
  private volatile UnaryOperator<byte[]> server = _ -> new byte[0];

  PeerAnswers(
      ClusterPorts ports,
      VersionClock versions,
      Fences fences,
      Led led,
      Claims claims,
      Pushes pushes,
      Requests requests,
      Requests.Post post,
      EnumSet<Rule> off,
      Counters counters) {
    this.ports = ports;
    this.versions = versions;
    this.fences = fences;
    this.led = led;
    this.claims = claims;
    this.pushes = pushes;
    this.requests = requests;
    this.post = post;
    this.off = off;
    this.counters = counters;
  }

  void answerWith(UnaryOperator<byte[]> answers) {
    server = answers;
  }

  void answer(Optional<View> view, Member asker, Question question) {
    switch (question) {
      case PeerMessage.Forward forward -> pushes.forwarded(forward, said -> tell(asker, said));
      case PeerMessage.Replicate late when isLate(late) -> {}
      case PeerMessage.Replicate replicate -> tell(asker, replicated(replicate));
      case PeerMessage.AskDigests ask -> digests(asker, ask);
      case PeerMessage.AskEntries ask -> {
        var entries = new ArrayList<ReplicaStore.Entry>();
        var horizons = new ArrayList<Version>();
        ports
            .loop()
            .background(
                () -> {
                  entries.addAll(ports.store().entries(ask.slots()::get));
                  // In one work, as no other one can raise them between the two looks.
                  horizons.addAll(horizons(ask.slots()));
                },
                () -> tell(asker, new PeerMessage.Entries(ask.id(), entries, horizons)));
      }
      case PeerMessage.AskStates ask -> {
        var states = new ArrayList<byte[]>();
        var answered = new int[1];
        ports
            .loop()
            .background(
                () ->
                    answered[0] =
                        SlotSync.collect(
                            ports.store(), ask.keys(), (_, state) -> states.add(state)),
                () -> tell(asker, new PeerMessage.States(ask.id(), answered[0], states)));
      }
      case PeerMessage.Deliver deliver -> delivered(asker, deliver);
      case PeerMessage.RaiseHorizons ask -> raise(asker, ask);
      case PeerMessage.AskClaim ask -> claim(view, asker, ask);
      case PeerMessage.Probe probe ->
          tell(asker, claims.probed(probe.id(), probe.epoch(), probe.key(), probe.claim()));
      case PeerMessage.ServerQuestion ask ->
          answerServer(
              ask.question(),
              answer -> tell(asker, new PeerMessage.ServerAnswer(ask.id(), answer)));
    }
  }

  void answerServer(byte[] question, Consumer<byte[]> done) {
    var answer = new byte[1][];
    ports.loop().background(() -> answer[0] = server.apply(question), () -> done.accept(answer[0]));
  }

  private void digests(Member asker, PeerMessage.AskDigests ask) {
    // Before the look, so that nothing of the leader before slips in behind it.
    fences.raise(ask.slots(), ask.epochs());
    var digests = new ArrayList<Long>();
    var horizons = new ArrayList<Version>();
    ports
        .loop()
        .background(
            () -> {
              long[] all = ports.store().digests();
              ask.slots().stream().forEach(slot -> digests.add(all[slot]));
              horizons.addAll(horizons(ask.slots()));
            },
            () -> tell(asker, new PeerMessage.Digests(ask.id(), digests, horizons)));
  }

  private List<Version> horizons(BitSet slots) {
    List<Version> all = ports.store().horizons();
    return slots.stream().mapToObj(all::get).toList();
  }

  /** One at a time for each asker, who asks again. */
  private void raise(Member asker, PeerMessage.RaiseHorizons ask) {
    ProcessId id = ProcessId.of(asker);
    if (!raising.add(id)) {
      tell(asker, new PeerMessage.HorizonsRaised(ask.id(), false));
      return;
    }
    new SlotSync(
            ports,
            requests,
            asker,
            ask.slots(),
            List.of(),
            false,
            off,
            outcome -> {
              raising.remove(id);
              counters.add(outcome);
              tell(asker, new PeerMessage.HorizonsRaised(ask.id(), outcome.complete()));
            })
        .start();
  }

  /** The leader gave it up, and others may have been told since that they may have its series. */
  private boolean isLate(PeerMessage.Replicate replicate) {
    return ports.clock().nanoTime() - replicate.dropAfter() >= 0;
  }

  private Replicated replicated(PeerMessage.Replicate replicate) {
    if (!off.contains(Rule.FENCE_OLD_LEADERS)
        && !fences.lets(replicate.slot(), replicate.epoch())) {
      return new Replicated(replicate.id(), Replicated.Receipt.FENCED, "");
    }
    return switch (merge(replicate.state(), Version.NEVER)) {
      case ReplicaStore.Merged.Done() ->
          new Replicated(replicate.id(), Replicated.Receipt.DONE, "");
      case ReplicaStore.Merged.ShapeMissing() ->
          new Replicated(replicate.id(), Replicated.Receipt.SHAPE_MISSING, "");
      // What a leader makes of an update is newer than any horizon: within the epoch from which on
      // it leads, as its clock has given each version of that epoch, and since a horizon of a later
      // one would have come from a leader that fenced it off. So this is old, and came late.
      case ReplicaStore.Merged.Purged() ->
          new Replicated(replicate.id(), Replicated.Receipt.REFUSED, "it was purged");
      case ReplicaStore.Merged.Refused(var reason) ->
          new Replicated(replicate.id(), Replicated.Receipt.REFUSED, reason);
    };
  }

  private void delivered(Member asker, PeerMessage.Deliver deliver) {
    List<String> refused = new ArrayList<>();
    ports
        .loop()
        .background(
            () -> {
              for (int i = 0; i < deliver.states().size(); i++) {
                // Of a sender who gave up long ago it is, too: what it says may be purged by now.
                Version horizon =
                    i < deliver.horizons().size() ? deliver.horizons().get(i) : Version.NEVER;
                if (merge(deliver.states().get(i), horizon)
                    instanceof ReplicaStore.Merged.Refused(var reason)) {
                  refused.add(reason);
                }
              }
            },
            () -> tell(asker, new Delivered(deliver.id(), refused.stream().findFirst())));
  }

  private ReplicaStore.Merged merge(byte[] state, Version sendersHorizon) {
    versions.observe(ports.store().newest(state));
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

  private void tell(Member member, PeerMessage message) {
    post.send(member, message);
  }
}
