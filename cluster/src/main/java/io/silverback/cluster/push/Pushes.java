package io.silverback.cluster.push;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Loop;
import io.silverback.cluster.Member;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.message.PeerMessage.Forward;
import io.silverback.cluster.message.PeerMessage.Forwarded;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Brings updates to the leader of their group: this node, another one, or another one by way of a
 * third that can reach it; waits for the next leader where there is none. Belongs to the loop.
 *
 * <p>An attempt that is not answered is repeated only when its time is over by the clock of the
 * leader, too, so that no copy of an update is done after a later one of it was answered.
 *
 * <p>Longer than other classes, as an update that is brought on and one that comes are two sides of
 * one protocol.
 */
public final class Pushes {
  private static final int MOST_OPEN = 20_000;

  /** What a slow machine stores in that time, if the series are new. */
  private static final int BYTES_OF_A_LEASE = 1 << 20;

  private final ClusterConfig config;
  private final Member self;
  private final Clock clock;
  private final Loop loop;
  private final Requests requests;
  private final Peers peers;
  private final Lease lease;
  private final Minority minority;
  private final Led led;
  private final LeaderQueue leader;
  private final WaitingPushes waiting;
  private final Supplier<Optional<View>> view;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private int open;

  public Pushes(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Peers peers,
      Lease lease,
      Minority minority,
      Led led,
      LeaderQueue leader,
      WaitingPushes waiting,
      Supplier<Optional<View>> view,
      EnumSet<Rule> off,
      EventCounts events) {
    this.config = config;
    this.self = self;
    this.clock = ports.clock();
    this.loop = ports.loop();
    this.requests = requests;
    this.peers = peers;
    this.lease = lease;
    this.minority = minority;
    this.led = led;
    this.leader = leader;
    this.waiting = waiting;
    this.view = view;
    this.off = off;
    this.events = events;
  }

  /** Takes an update of a client; its time begins now. */
  public void submit(byte[] key, Update update, Consumer<PushOutcome> done) {
    if (open >= MOST_OPEN) {
      done.accept(new PushOutcome.Unavailable("too many pushes wait, push less or add nodes"));
      return;
    }
    open++;
    long deadline = clock.nanoTime() + config.pushBudget().toNanos();
    new Journey(
            HashRing.slotOf(key),
            key,
            update,
            deadline,
            minority.sinceNow(),
            outcome -> {
              open--;
              if (outcome instanceof PushOutcome.Unavailable) {
                events.count(ClusterEvent.UNAVAILABLE);
              }
              done.accept(outcome);
            })
        .attempt();
  }

  /** An update on its way. */
  private final class Journey {
    private final int slot;
    private final byte[] key;
    private final Update update;
    private final long deadline;
    private final BooleanSupplier mayGoOn;
    private final Consumer<PushOutcome> done;
    private int attempts;
    private long epoch;
    private String last = "the group has no leader";

    /** True if an attempt may have been done, or may still be. */
    private boolean isUnsure;

    Journey(
        int slot,
        byte[] key,
        Update update,
        long deadline,
        BooleanSupplier mayGoOn,
        Consumer<PushOutcome> done) {
      this.slot = slot;
      this.key = key;
      this.update = update;
      this.deadline = deadline;
      this.mayGoOn = mayGoOn;
      this.done = done;
    }

    void attempt() {
      if (!off.contains(Rule.LEASE_AT_ADMISSION) && !mayGoOn.getAsBoolean()) {
        unavailable("this node has no contact with a majority, try another one");
        return;
      }
      if (clock.nanoTime() - deadline >= 0 || view.get().isEmpty()) {
        unavailable(last + " within --cluster.push-budget, try again");
        return;
      }
      epoch = view.get().get().epoch();
      Optional<Minority.Fresh> alone = minority.fresh();
      if (alone.isPresent()) {
        leader.submitAlone(slot, key, update, deadline, alone.get(), this::led);
        return;
      }
      SlotTable.Tenure tenure = view.get().get().slots().tenure(slot);
      Optional<Member> to = view.get().get().member(tenure.nodeId(), tenure.incarnation());
      if (tenure.isOf(self)) {
        here();
      } else if (to.isPresent()) {
        there(to.get(), tenure.epoch());
      } else {
        whenAnotherLeads();
      }
    }

    private void here() {
      if (!led.takesUpdates(slot)) {
        whenAnotherLeads();
        return;
      }
      leader.submit(slot, key, update, deadline, clock.nanoTime(), this::led);
    }

    private void led(LeaderQueue.Result result) {
      switch (result) {
        case LeaderQueue.Result.Answered(var answer, var changes) -> answered(answer, changes);
        case LeaderQueue.Result.NotHere() -> later();
        case LeaderQueue.Result.Unavailable(var reason) -> {
          isUnsure = true;
          last = reason;
          later();
        }
      }
    }

    private void there(Member to, long epoch) {
      if (!update.isEncoded()) {
        encode();
        return;
      }
      attempts++;
      Optional<Member> relay = isSilent(to) || attempts % 3 == 2 ? relay(to) : Optional.empty();
      Member next = relay.orElse(to);
      Optional<Peers.Heard> heard = peers.of(next);
      if (heard.isEmpty()) {
        later();
        return;
      }
      byte[] bytes = update.encoded();
      long now = clock.nanoTime();
      long nanos = Math.min(deadline - now, patienceNanos(bytes.length));
      // Their clock now is this or later, so they never take it for younger than it is.
      long theirs = heard.get().theirClock(now);
      long sentBy = peers.theirClockAtMost(next, now).orElse(theirs + nanos);
      events.count(ClusterEvent.FORWARDED);
      requests.ask(
          next,
          nanos,
          id -> new Forward(id, epoch, theirs + nanos, sentBy, relay.isPresent(), key, bytes),
          answer ->
              answer
                  .filter(Forwarded.class::isInstance)
                  .map(Forwarded.class::cast)
                  .ifPresentOrElse(this::forwarded, this::unanswered));
    }

    /** Beside the loop, which has leases to renew; then tries again. */
    private void encode() {
      loop.parallel(
          update::encoded,
          bytes ->
              bytes.ifPresentOrElse(
                  _ -> attempt(), () -> unavailable("the update failed, see the log")));
    }

    /** A large update is at work for longer, and sending it again would only add to that. */
    private long patienceNanos(int length) {
      return config.lease().toNanos() * (1 + length / BYTES_OF_A_LEASE);
    }

    /** What is refused now may have been done by an attempt whose end is not known. */
    private void answered(byte[] answer, boolean changes) {
      if (isUnsure && !changes) {
        unavailable(last + ", and a later attempt was refused, so try again");
      } else {
        done.accept(new PushOutcome.Answered(answer));
      }
    }

    private void unanswered() {
      isUnsure = true;
      last = "the leader of the group did not answer";
      later();
    }

    private void forwarded(Forwarded said) {
      switch (said.result()) {
        case ANSWERED -> answered(said.answer(), true);
        case SETTLED -> answered(said.answer(), false);
        case NOT_HERE -> later();
        case UNAVAILABLE -> {
          isUnsure = true;
          last = said.reason();
          later();
        }
      }
    }

    /** A take-over or a view will tell. */
    private void whenAnotherLeads() {
      waiting.await(slot, deadline, this::attempt);
    }

    /**
     * What it waits for may be known elsewhere only, so it asks again after a while; at once if
     * there is a new view by now.
     */
    private void later() {
      boolean isNews = view.get().filter(now -> now.epoch() == epoch).isEmpty();
      long again = clock.nanoTime() + (isNews ? 0 : config.renewal().toNanos() / 2);
      waiting.await(slot, again - deadline > 0 ? deadline : again, this::attempt);
    }

    private void unavailable(String reason) {
      done.accept(new PushOutcome.Unavailable(reason));
    }

    private boolean isSilent(Member to) {
      return peers.silenceNanos(to) > 3 * config.renewal().toNanos();
    }

    /** A member that is neither this one nor the leader, another one each time. */
    private Optional<Member> relay(Member leader) {
      List<Member> others =
          view.get().orElseThrow().members().stream()
              .filter(member -> !member.isSameProcess(self) && !member.isSameProcess(leader))
              .filter(member -> !isSilent(member))
              .toList();
      return others.isEmpty()
          ? Optional.empty()
          : Optional.of(others.get(attempts % others.size()));
    }
  }

  /**
   * An update that another node brings, as this one leads its group or can reach who does.
   *
   * @param done told once: what to answer, or nothing where the leader did not answer in time. By
   *     its clock there may be some of that time left, so the sender has to wait for its end
   */
  public void forwarded(Forward forward, Consumer<Optional<Forwarded>> done) {
    long limit = clock.nanoTime() + config.pushBudget().toNanos();
    long until = forward.dropAfter() - limit > 0 ? limit : forward.dropAfter();
    forwarded(forward, until, lease.number(), done);
  }

  private void forwarded(
      Forward forward, long until, long term, Consumer<Optional<Forwarded>> done) {
    int slot = HashRing.slotOf(forward.key());
    Optional<SlotTable.Tenure> tenure = view.get().map(now -> now.slots().tenure(slot));
    if (clock.nanoTime() - until >= 0 || tenure.isEmpty() || !lease.holdsSince(term)) {
      done.accept(said(forward, Forwarded.Fate.NOT_HERE, new byte[0], ""));
      return;
    }
    boolean isOf = tenure.get().isOf(self);
    boolean isNewer = forward.epoch() > tenure.get().epoch();
    boolean isHere = forward.epoch() == tenure.get().epoch() && (isOf || forward.relay());
    if (isNewer || (isHere && isOf && !led.takesUpdates(slot))) {
      // The sender would only ask again and again. A view or a take-over will tell.
      if (waiting.size() < MOST_OPEN) {
        waiting.await(slot, until, () -> forwarded(forward, until, term, done));
        return;
      }
      isHere = false;
    }
    if (!isHere) {
      done.accept(said(forward, Forwarded.Fate.NOT_HERE, new byte[0], ""));
    } else if (isOf) {
      lead(forward, slot, done);
    } else {
      passOn(forward, tenure.get(), done);
    }
  }

  private void lead(Forward forward, int slot, Consumer<Optional<Forwarded>> done) {
    leader.submit(
        slot,
        forward.key(),
        Update.of(forward.update()),
        forward.dropAfter(),
        forward.sentBy(),
        result ->
            done.accept(
                switch (result) {
                  case LeaderQueue.Result.Answered(var answer, var changes) ->
                      said(
                          forward,
                          changes ? Forwarded.Fate.ANSWERED : Forwarded.Fate.SETTLED,
                          answer,
                          "");
                  case LeaderQueue.Result.NotHere() ->
                      said(forward, Forwarded.Fate.NOT_HERE, new byte[0], "");
                  case LeaderQueue.Result.Unavailable(var reason) ->
                      said(forward, Forwarded.Fate.UNAVAILABLE, new byte[0], reason);
                }));
  }

  private void passOn(
      Forward forward, SlotTable.Tenure tenure, Consumer<Optional<Forwarded>> done) {
    Optional<Member> to =
        view.get().flatMap(now -> now.member(tenure.nodeId(), tenure.incarnation()));
    Optional<Peers.Heard> heard = to.flatMap(peers::of);
    if (to.isEmpty() || heard.isEmpty()) {
      done.accept(said(forward, Forwarded.Fate.NOT_HERE, new byte[0], ""));
      return;
    }
    long now = clock.nanoTime();
    long nanos = forward.dropAfter() - now;
    long theirs = heard.get().theirClock(now);
    // As old as it was here when it came.
    long sentBy =
        peers.theirClockAtMost(to.get(), Math.min(now, forward.sentBy())).orElse(theirs + nanos);
    requests.ask(
        to.get(),
        nanos,
        id ->
            new Forward(
                id,
                forward.epoch(),
                theirs + nanos,
                sentBy,
                false,
                forward.key(),
                forward.update()),
        answer ->
            done.accept(
                answer
                    .filter(Forwarded.class::isInstance)
                    .map(Forwarded.class::cast)
                    .flatMap(back -> said(forward, back.result(), back.answer(), back.reason()))));
  }

  private static Optional<Forwarded> said(
      Forward forward, Forwarded.Fate result, byte[] answer, String reason) {
    return Optional.of(new Forwarded(forward.id(), result, answer, reason));
  }
}
