package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ClaimAnswer;
import io.silverback.cluster.PeerMessage.Delivered;
import io.silverback.cluster.PeerMessage.Question;
import io.silverback.cluster.PeerMessage.Replicated;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
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
  private final Requests.Post post;
  private final EnumSet<Rule> off;
  private volatile UnaryOperator<byte[]> server = _ -> new byte[0];

  PeerAnswers(
      ClusterPorts ports,
      VersionClock versions,
      Fences fences,
      Led led,
      Claims claims,
      Pushes pushes,
      Requests.Post post,
      EnumSet<Rule> off) {
    this.ports = ports;
    this.versions = versions;
    this.fences = fences;
    this.led = led;
    this.claims = claims;
    this.pushes = pushes;
    this.post = post;
    this.off = off;
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
        ports
            .loop()
            .background(
                () -> entries.addAll(ports.store().entries(ask.slots()::get)),
                () -> tell(asker, new PeerMessage.Entries(ask.id(), entries)));
      }
      case PeerMessage.AskStates ask -> {
        var states = new ArrayList<byte[]>();
        var answered = new int[1];
        ports
            .loop()
            .background(
                () -> answered[0] = SlotSync.collect(ports.store(), ask.keys(), states),
                () -> tell(asker, new PeerMessage.States(ask.id(), answered[0], states)));
      }
      case PeerMessage.Deliver deliver -> delivered(asker, deliver);
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
    ports
        .loop()
        .background(
            () -> {
              long[] all = ports.store().digests();
              ask.slots().stream().forEach(slot -> digests.add(all[slot]));
            },
            () -> tell(asker, new PeerMessage.Digests(ask.id(), digests)));
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
    return switch (merge(replicate.state())) {
      case ReplicaStore.Merged.Done() ->
          new Replicated(replicate.id(), Replicated.Receipt.DONE, "");
      case ReplicaStore.Merged.ShapeMissing() ->
          new Replicated(replicate.id(), Replicated.Receipt.SHAPE_MISSING, "");
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
              for (byte[] state : deliver.states()) {
                if (merge(state) instanceof ReplicaStore.Merged.Refused(var reason)) {
                  refused.add(reason);
                }
              }
            },
            () -> tell(asker, new Delivered(deliver.id(), refused.stream().findFirst())));
  }

  private ReplicaStore.Merged merge(byte[] state) {
    versions.observe(ports.store().newest(state));
    return ports.store().merge(state);
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
