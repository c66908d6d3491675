package io.silverback.cluster.node;

import static java.util.Map.entry;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.Exposure;
import io.silverback.cluster.FreshExposure;
import io.silverback.cluster.GiveUpOutcome;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.NodeLog;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.WipeOutcome;
import io.silverback.cluster.Wish;
import io.silverback.cluster.agree.ClockWatch;
import io.silverback.cluster.agree.Foreigners;
import io.silverback.cluster.agree.Founding;
import io.silverback.cluster.agree.Heartbeats;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.LogWatch;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.OutageWatch;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.agree.Proposer;
import io.silverback.cluster.agree.Readiness;
import io.silverback.cluster.agree.Refounder;
import io.silverback.cluster.agree.Voter;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessageCodec;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.push.Claims;
import io.silverback.cluster.push.LeaderQueue;
import io.silverback.cluster.push.Pushes;
import io.silverback.cluster.push.Replicator;
import io.silverback.cluster.repair.AntiEntropy;
import io.silverback.cluster.repair.HandBack;
import io.silverback.cluster.repair.HandOver;
import io.silverback.cluster.repair.HistoryMove;
import io.silverback.cluster.repair.Leftovers;
import io.silverback.cluster.repair.Purge;
import io.silverback.cluster.repair.Room;
import io.silverback.cluster.repair.TakeOver;
import io.silverback.cluster.repair.Wipe;
import io.silverback.cluster.slots.Fences;
import io.silverback.cluster.slots.LapseBoard;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.bytes.MalformedBytesException;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One node of a cluster: takes updates of any group and brings them to its leader, replicates the
 * groups that it leads, and knows what it may show. Thread-safe.
 *
 * <p>All of its state belongs to one loop; what other threads ask is answered from a few volatile
 * values. Whatever the loop does, it first looks whether the lease has lapsed: then everything that
 * came before is dropped unread, as it may be as old as the process stood still.
 */
public final class ClusterNode implements AutoCloseable {
  /*
   * Implementation notes
   *
   * Longer than other classes, as it is the list of all parts, of all messages and of all that
   * happens in the course of time; what each of them does is in the part.
   */

  private static final System.Logger logger = System.getLogger(ClusterNode.class.getName());

  private static final long SEEN_NANOS = 5_000_000_000L;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Runnable onLapse;
  private final EnumSet<Rule> off;
  private final EventCounts events = new EventCounts();
  private final Lease lease;
  private final Voter voter;
  private final Minority minority;
  private final Peers peers;
  private final LapseBoard board = new LapseBoard();
  private final Led led;
  private final Shares shares;
  private final Fences fences = new Fences();
  private final EpochFloor epochs = new EpochFloor();
  private final WaitingPushes waiting;
  private final Requests.Post post;
  private final Requests requests;
  private final Founding founding;
  private final Proposer proposer;
  private final Refounder refounder;
  private final TakeOver takeOver;
  private final Room room;
  private final AntiEntropy antiEntropy;
  private final HandOver handOver;
  private final HistoryMove historyMove;
  private final Leftovers leftovers;
  private final HandBack handBack;
  private final Purge purge;
  private final ClusterWipe wipe;
  private final Claims claims;
  private final Replicator replicator;
  private final LeaderQueue leader;
  private final Pushes pushes;
  private final PeerAnswers answers;
  private final Heartbeats heartbeats;
  private final StatusReport report;
  private final Readiness readiness;
  private final OutageWatch outages;
  private final ClockWatch clocks;
  private final NodeLog story;
  private Optional<View> view = Optional.empty();
  private long lastTickNanos;
  private long ticks;
  private final AtomicLong mail = new AtomicLong();
  private final AtomicReference<Optional<View>> committed = new AtomicReference<>(Optional.empty());
  private Optional<Long> scrapedNanos = Optional.empty();
  private volatile boolean scraped;
  private volatile boolean closed;
  private volatile ClusterStatus status;

  /**
   * A node that does nothing before {@link #start}.
   *
   * @param onLapse told when the lease was lost: closes every open connection of clients without
   *     reading what they still hold, and returns quickly
   */
  public ClusterNode(ClusterConfig config, Member self, ClusterPorts ports, Runnable onLapse) {
    this(config, self, ports, onLapse, EnumSet.noneOf(Rule.class));
  }

  /** A node that breaks some rules, for tests of tests. */
  public ClusterNode(
      ClusterConfig config, Member self, ClusterPorts ports, Runnable onLapse, EnumSet<Rule> off) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.onLapse = onLapse;
    this.off = off;
    lease = new Lease(ports.clock(), config.lease());
    voter = new Voter(ports.clock(), config.lease());
    minority = new Minority(config, self, ports.clock(), ports.versions(), lease, voter, off);
    peers = new Peers(ports.clock());
    var foreigners = new Foreigners(ports.clock(), config.lease());
    led = new Led(self, ports.clock()::wallMillis);
    shares = new Shares(config.replicationFactor());
    post = new NetworkPost(ports.network());
    requests = new Requests(ports.loop(), post);
    founding = new Founding(self, config.bootstrapExpect(), ports.clock(), ports.random(), post);
    waiting = new WaitingPushes(ports.clock(), ports.loop());
    takeOver =
        new TakeOver(self, ports, requests, board, led, waiting, this::mayTakeOver, off, events);
    room = new Room(config, self, ports, takeOver::stuck, post, off);
    proposer = new Proposer(config, self, ports, peers, board, epochs, room);
    refounder = new Refounder(config, self, ports, lease, voter, peers, this::hasAllOf, off);
    antiEntropy = new AntiEntropy(self, ports, requests, led, shares, off, events);
    purge = new Purge(config, self, ports, requests, led, shares, antiEntropy::missed, off, events);
    replicator =
        new Replicator(config, self, ports, requests, peers, shares, events, antiEntropy::missed);
    claims = new Claims(self, config, ports, requests, led, post);
    handBack = new HandBack(self, ports, requests, led, off, events);
    leader =
        new LeaderQueue(
            config,
            ports,
            lease,
            minority,
            led,
            replicator,
            claims,
            epochs,
            waiting,
            () -> view,
            handBack::took,
            off,
            events);
    var slotWipe =
        new Wipe(
            config,
            self,
            ports,
            requests,
            led,
            waiting,
            epochs,
            this::leaseSince,
            leader::busy,
            antiEntropy::missed,
            off);
    wipe = new ClusterWipe(config, self, ports, requests, peers, lease, slotWipe, () -> view);
    handOver =
        new HandOver(
            self,
            ports,
            requests,
            led,
            shares,
            slots -> {
              BitSet busy = leader.busy(slots);
              busy.or(slotWipe.atWork(slots));
              return busy;
            },
            this::maySucceed,
            off,
            events,
            this::tellReleased);
    pushes =
        new Pushes(
            config,
            self,
            ports,
            requests,
            peers,
            lease,
            minority,
            led,
            leader,
            waiting,
            () -> view,
            off,
            events);
    heartbeats = new Heartbeats(config, self, ports, lease, voter, peers, foreigners, board, post);
    outages = new OutageWatch(self, ports.clock(), peers, lease, led, config.lease());
    clocks = new ClockWatch(config, self, ports.clock());
    story = new NodeLog(ports.clock(), proposer::stabilityNanos);
    readiness =
        new Readiness(
            config,
            self,
            ports.viewLog(),
            lease,
            led,
            takeOver::stuck,
            shares,
            antiEntropy,
            epochs,
            ports.clock(),
            off);
    historyMove =
        new HistoryMove(self, ports, requests, led, shares, readiness::hasCopiesOf, off, events);
    leftovers =
        new Leftovers(
            config,
            self,
            ports,
            requests,
            led,
            shares,
            fences,
            antiEntropy,
            historyMove,
            readiness::hasCopiesOf,
            lease::holds,
            off,
            events);
    answers =
        new PeerAnswers(
            ports, fences, led, minority, leader, claims, pushes, wipe, leftovers, epochs, requests,
            post, off, events);
    report =
        new StatusReport(
            self,
            ports,
            foreigners,
            lease,
            minority,
            led,
            shares,
            antiEntropy,
            handOver,
            historyMove,
            leftovers,
            outages,
            clocks,
            new LogWatch(ports.viewLog(), ports.clock(), config.lease(), off),
            events);
    status = report.now(view);
  }

  /** Begins to look for peers; returns at once. */
  public void start() {
    ports.network().receive(Network.Channel.CONTROL, this::received);
    ports.network().receive(Network.Channel.DATA, this::received);
    ports.network().whenHungUp(this::hungUp);
    ports.membership().start(self);
    ports.viewLog().start(self, this::committed);
    ports
        .loop()
        .execute(
            () -> {
              lastTickNanos = ports.clock().nanoTime();
              ports.viewLog().remembered().ifPresent(this::learn);
              inLoop(this::tick);
            });
  }

  /**
   * Takes an update to the leader of its group.
   *
   * @param key of the group, in its one canonical form
   * @param update as the store's {@link ReplicaStore#prepare} takes it
   * @param done told once, by a thread of the node; must return quickly
   */
  public void submit(byte[] key, Update update, Consumer<PushOutcome> done) {
    try {
      submitInLoop(key, update, done);
    } catch (RejectedExecutionException _) {
      done.accept(new PushOutcome.Unavailable("this node is overloaded, push less or add nodes"));
    }
  }

  private void submitInLoop(byte[] key, Update update, Consumer<PushOutcome> done) {
    BooleanSupplier mayGoOn = minority.sinceNow();
    ports
        .loop()
        .execute(
            () ->
                inLoop(
                    () -> {
                      boolean isFenced =
                          !off.contains(Rule.LEASE_AT_ADMISSION) && !mayGoOn.getAsBoolean();
                      if (closed || isFenced) {
                        done.accept(
                            new PushOutcome.Unavailable(
                                "this node has no contact with a majority, try another one"));
                      } else {
                        pushes.submit(key, update, done);
                      }
                    }));
  }

  /**
   * Has every group forgotten, wherever it is, with its history. Takes no longer than a push may.
   *
   * @param done told once, by a thread of the node; must return quickly
   */
  public void wipe(Consumer<WipeOutcome> done) {
    long term = lease.number();
    ports
        .loop()
        .execute(
            () ->
                inLoop(
                    () -> {
                      if (closed || !lease.holdsSince(term)) {
                        done.accept(
                            new WipeOutcome(
                                0,
                                HashRing.SLOTS,
                                List.of(),
                                "this node has no contact with a majority, try another one"));
                      } else {
                        wipe.begin(done);
                      }
                    }));
  }

  private BooleanSupplier leaseSince() {
    long term = lease.number();
    return () -> lease.holdsSince(term);
  }

  /**
   * Asks the server of another member something that only it can know, or of this one.
   *
   * @param done told once, by a thread of the node; empty if no answer came in time
   */
  public void ask(Member member, byte[] question, Consumer<Optional<byte[]>> done) {
    ports
        .loop()
        .execute(
            () -> {
              if (member.isSameProcess(self)) {
                answers.answerServer(self, question, done);
                return;
              }
              requests.ask(
                  member,
                  config.pushBudget().toNanos(),
                  id -> new PeerMessage.OpaqueQuestion(id, question),
                  answer ->
                      done.accept(
                          answer
                              .filter(PeerMessage.OpaqueAnswer.class::isInstance)
                              .map(PeerMessage.OpaqueAnswer.class::cast)
                              .map(PeerMessage.OpaqueAnswer::answer)));
            });
  }

  /**
   * Sets who answers what servers of other members ask, given the member that asks; called in a
   * thread of the node in which long work is done, one question after the other.
   */
  public void answerWith(BiFunction<Member, byte[], byte[]> server) {
    answers.answerWith(server);
  }

  /** What this node may show now; nothing without a lease. */
  public Exposure exposure() {
    long term = lease.number();
    if (closed || !lease.holdsSince(term)) {
      return new Exposure(_ -> false, () -> true, () -> false);
    }
    Led.Shown shown = led.shown();
    return new Exposure(
        shown.slots()::get,
        () -> led.shown().releases() == shown.releases(),
        () ->
            !closed
                && lease.holdsSince(term)
                // A node may be removed and come back without a lapse, and another one leads since.
                && (off.contains(Rule.LOST_SLOTS_END_SCRAPES)
                    || led.shown().losses() == shown.losses()));
  }

  /**
   * Tells which slots this node leads, and up to when each of their pushes is visible here or will
   * never be.
   *
   * @param done told once, by a thread of the node; must return quickly
   */
  public void tenures(Consumer<Tenures> done) {
    ports.loop().execute(() -> inLoop(() -> done.accept(tenures())));
  }

  /** The same, for a caller that is in the loop. */
  public Tenures tenures() {
    long term = lease.number();
    long now = ports.clock().wallMillis();
    long settled = off.contains(Rule.SETTLE_AFTER_UPDATES) ? now : leader.oldestMillis(now);
    if (closed || !lease.holdsSince(term)) {
      return new Tenures(new BitSet(), new long[0], new long[0], settled, _ -> false);
    }
    Led.Shown shown = led.shown();
    return new Tenures(
        (BitSet) shown.slots().clone(),
        led.epochs(),
        led.shownSinceMillis(),
        settled,
        slots -> !closed && lease.holdsSince(term) && isStillLed(slots, shown));
  }

  /** A slot that was released and is led again had no other leader in between. */
  private boolean isStillLed(BitSet slots, Led.Shown then) {
    Led.Shown now = led.shown();
    if (now.losses() != then.losses() || now.releases() == then.releases()) {
      return now.losses() == then.losses();
    }
    var gone = (BitSet) slots.clone();
    gone.andNot(now.slots());
    return gone.isEmpty();
  }

  /** What this node shows that takes pushes by itself; empty if it does not. */
  public Optional<FreshExposure> fresh() {
    return closed ? Optional.empty() : minority.exposure();
  }

  /** True if this node has a lease, so that it and the majority hear each other. */
  public boolean isLeased() {
    return lease.holds();
  }

  /**
   * True if a request may be answered that came over a connection which was accepted at that time
   * of {@link Clock#nanoTime}: the lease holds, and held ever since the connection came, and was
   * not regained shortly before. Or this node takes pushes by itself, and did when it came.
   */
  public boolean admits(long acceptedNanos) {
    return !closed
        && (off.contains(Rule.LEASE_AT_ADMISSION)
            || lease.admits(acceptedNanos)
            || minority.admits(acceptedNanos));
  }

  /** Why this node should get no requests; empty if it should. */
  public Optional<String> whyNotReady() {
    ClusterStatus now = status;
    if (!closed && minority.fresh().isPresent()) {
      return Optional.empty();
    }
    return closed
        ? Optional.of("leaving the cluster")
        : readiness.whyNot(now.view(), now.peers().size());
  }

  /** True if those members hold all there is, by the newest view. */
  public boolean isAllHeldBy(Collection<Member> members) {
    return status
        .view()
        .filter(view -> view.isHeldBy(members, config.replicationFactor()))
        .isPresent();
  }

  /** What the node knows and does, as of a moment ago. */
  public ClusterStatus status() {
    return status;
  }

  /**
   * A collector of metrics that scrapes each node has scraped this one. Called by any thread, each
   * time; returns at once.
   */
  public void scraped() {
    scraped = true;
  }

  /** One that is new leads only when what it leads is seen, by slower collectors, too. */
  private void askToLead(View current) {
    boolean isNew =
        current.seatOf(self).filter(seat -> !seat.mayLead() && seat.returns() == 0).isPresent();
    long now = ports.clock().nanoTime();
    if (scraped && scrapedNanos.isEmpty()) {
      scrapedNanos = Optional.of(now);
    }
    boolean isSeen = scrapedNanos.filter(since -> now - since > SEEN_NANOS).isPresent();
    if (isNew && isSeen && ticks % 2 == 0) {
      tell(new Wish.Lead(self.nodeId()));
    }
  }

  /**
   * Tells the cluster what an operator wants. It is not known whether it is heard: the views show
   * what comes of it, and asking again does no harm.
   */
  public void wish(Wish wish) {
    ports.loop().execute(() -> tell(wish));
  }

  /**
   * An operator says that a member is lost for good, and a majority of the voters with it: once all
   * voters that are not heard are given up, this node founds the cluster again without them.
   *
   * @param done told once, by a thread of the node; must return quickly
   */
  public void giveUp(String nodeId, Consumer<GiveUpOutcome> done) {
    ports
        .loop()
        .execute(
            () ->
                inLoop(
                    () ->
                        done.accept(
                            view.<GiveUpOutcome>map(now -> refounder.giveUp(now, nodeId))
                                .orElse(
                                    new GiveUpOutcome.Refused("the cluster has not formed yet")))));
  }

  private void tell(Wish wish) {
    post.sendAll(heartbeats.everyone(view), new PeerMessage.Wished(wish));
    wished(wish);
  }

  private void wished(Wish wish) {
    if (wish instanceof Wish.Repair) {
      antiEntropy.compareSoon();
    }
    view.ifPresent(
        now -> {
          proposer.wish(now, wish);
          proposer.tick(now);
        });
  }

  /**
   * Stops to lead and to answer, and tells the others, so that they need not wait for the end of
   * the lease; the ports stay open.
   */
  @Override
  public void close() {
    closed = true;
    ports
        .loop()
        .schedule(
            0,
            () -> {
              led.clear();
              lease.drop();
              minority.waitAnew();
              waiting.wakeAll();
              heartbeats.end();
              proposer.leaves(self);
              post.sendAll(heartbeats.everyone(view), new PeerMessage.Farewell());
            });
  }

  /**
   * Called by a thread of the view log, which must neither wait nor fail, however much waits for
   * the loop: timers always find room. Only the newest view is kept.
   */
  private void committed(View next) {
    boolean isFirst =
        committed
            .getAndAccumulate(
                Optional.of(next),
                (kept, came) -> kept.filter(view -> view.isAfter(next)).isPresent() ? kept : came)
            .isEmpty();
    if (isFirst) {
      ports
          .loop()
          .schedule(
              0, () -> inLoop(() -> committed.getAndSet(Optional.empty()).ifPresent(this::learn)));
    }
  }

  /** Called by threads of the network. */
  private void received(Network.Sender from, byte[] message) {
    long then = mail.get();
    ports
        .loop()
        .bring(
            () ->
                inLoop(
                    () -> {
                      if (then == mail.get() || off.contains(Rule.DROP_WHAT_A_LAPSE_LEFT)) {
                        open(from, message);
                      }
                    }));
  }

  /** Called by threads of the network. */
  private void hungUp(Network.Sender from) {
    ports
        .loop()
        .schedule(
            0,
            () ->
                inLoop(
                    () ->
                        view.filter(_ -> !closed)
                            .ifPresent(now -> refounder.hungUp(now, idOf(from)))));
  }

  private static ProcessId idOf(Network.Sender sender) {
    return new ProcessId(sender.nodeId(), sender.incarnation());
  }

  private boolean hasAllOf(View view, Member other, OptionalLong after) {
    return led.pending().isEmpty() && readiness.hasCopiesOf(view, other, after);
  }

  private void open(Network.Sender from, byte[] message) {
    PeerMessage opened;
    try {
      opened = PeerMessageCodec.decode(message);
    } catch (MalformedBytesException e) {
      logger.log(
          System.Logger.Level.WARNING,
          "a message of a peer is passed over",
          entry("node", from.nodeId()),
          entry("reason", String.valueOf(e.getMessage())));
      return;
    }
    handle(from, opened);
  }

  private void handle(Network.Sender from, PeerMessage message) {
    ProcessId sender = idOf(from);
    switch (message) {
      case PeerMessage.Heartbeat beat when sender.equals(ProcessId.of(beat.self())) -> {
        heartbeats.heard(view, beat);
        view.filter(now -> now.epoch() == beat.epoch() && now.has(beat.self()))
            .flatMap(now -> readiness.news(now, beat.self()))
            .ifPresent(news -> post.send(beat.self(), news));
      }
      case PeerMessage.Heartbeat _ -> {}
      case PeerMessage.Grant grant -> granted(sender, grant);
      case PeerMessage.Standing standing ->
          view.filter(now -> now.member(sender.nodeId(), sender.incarnation()).isPresent())
              .ifPresent(_ -> readiness.heard(sender, standing));
      case PeerMessage.Full full ->
          view.filter(now -> now.member(sender.nodeId(), sender.incarnation()).isPresent())
              .ifPresent(_ -> room.heard(sender, full));
      case PeerMessage.Unserved word ->
          view.filter(now -> now.member(sender.nodeId(), sender.incarnation()).isPresent())
              .ifPresent(_ -> outages.heard(sender, word));
      case PeerMessage.Released released ->
          view.filter(now -> now.member(sender.nodeId(), sender.incarnation()).isPresent())
              .ifPresent(now -> released(now, sender, released));
      case PeerMessage.Wished wished ->
          view.filter(now -> now.member(sender.nodeId(), sender.incarnation()).isPresent())
              .ifPresent(_ -> wished(wished.wish()));
      case PeerMessage.ViewPush push when isOfEarlierGeneration(push.view()) ->
          known(sender).ifPresent(by -> heartbeats.push(by, view.orElseThrow()));
      case PeerMessage.ViewPush push when mayTell(sender, push.view()) -> learn(push.view());
      case PeerMessage.ViewPush _ -> {}
      case PeerMessage.Offer offer -> known(sender).ifPresent(by -> offered(by, offer));
      case PeerMessage.OfferTaken answer ->
          known(sender).ifPresent(by -> founding.taken(by, answer));
      case PeerMessage.Begin begin -> founding.begin(begin.first()).ifPresent(this::begin);
      case PeerMessage.Farewell _ -> farewell(sender);
      case PeerMessage.ClaimSettled settled -> claims.home().settled(settled.job(), settled.key());
      case PeerMessage.Answer answer -> requests.answered(answer);
      case PeerMessage.Question question ->
          known(sender).ifPresent(asker -> answers.answer(view, asker, question));
    }
  }

  private void released(View now, ProcessId sender, PeerMessage.Released released) {
    proposer.released(sender, released);
    proposer.tick(now);
  }

  private void tellReleased() {
    handOver
        .word()
        .ifPresent(
            word -> {
              post.sendAll(heartbeats.everyone(view), word);
              released(view.orElseThrow(), ProcessId.of(self), word);
            });
  }

  private boolean maySucceed(Member member) {
    return peers.silenceNanos(member) < 3 * config.renewal().toNanos()
        && !room.full().containsKey(ProcessId.of(member));
  }

  private boolean isOfEarlierGeneration(View told) {
    return view.filter(now -> now.clusterId() == told.clusterId())
        .filter(now -> told.generation() < now.generation())
        .isPresent();
  }

  /**
   * True if the process can know a view that this node does not. While the lease holds, a majority
   * counts on the view that is here, so that only its members can know of a newer one, or those of
   * a later generation. Without a lease they may all be other processes by now.
   */
  private boolean mayTell(ProcessId sender, View newer) {
    boolean isPlausible =
        newer.epoch() < View.MOST_EPOCH
            && newer.member(sender.nodeId(), sender.incarnation()).isPresent();
    return isPlausible
        && (!lease.holds()
            || view.filter(now -> now.generation() < newer.generation()).isPresent()
            || view.flatMap(now -> now.member(sender.nodeId(), sender.incarnation())).isPresent());
  }

  /** The member that sent a message, if it is known; others cannot be answered. */
  private Optional<Member> known(ProcessId sender) {
    return view.flatMap(now -> now.member(sender.nodeId(), sender.incarnation()))
        .or(
            () ->
                peers.recent(Long.MAX_VALUE).stream()
                    .map(Peers.Heard::member)
                    .filter(member -> ProcessId.of(member).equals(sender))
                    .findFirst());
  }

  private void granted(ProcessId sender, PeerMessage.Grant grant) {
    lease
        .sentNanos(grant.renewal())
        .ifPresent(sentNanos -> clocks.heard(sender, grant.wallMillis(), sentNanos));
    view.ifPresent(
        now -> {
          heartbeats.answered(now, sender, grant);
          endFreshIfLeased();
          if (!grant.lapsed().isEmpty()) {
            takeOver.advance(now);
          }
        });
  }

  private void offered(Member by, PeerMessage.Offer offer) {
    if (view.isEmpty()) {
      founding.offered(by, offer);
    }
  }

  private void begin(View first) {
    if (view.isEmpty()) {
      logger.log(
          System.Logger.Level.INFO,
          "founding a cluster",
          entry("cluster", NodeLog.id(first.clusterId())),
          entry("members", first.members()));
      ports.viewLog().bootstrap(first);
    }
  }

  private void farewell(ProcessId sender) {
    voter.released(sender);
    view.flatMap(now -> now.member(sender.nodeId(), sender.incarnation()))
        .ifPresent(proposer::leaves);
    view.ifPresent(proposer::tick);
  }

  /** A committed view; only a newer one of the same cluster matters. */
  private void learn(View next) {
    if (view.isPresent()
        && (!next.isAfter(view.get()) || next.clusterId() != view.get().clusterId())) {
      return;
    }
    boolean isFirst = view.isEmpty();
    boolean isRefounded = view.filter(now -> now.generation() != next.generation()).isPresent();
    if (isRefounded && lease.holds()) {
      // What the voters of before granted is of no account to the others any more.
      lease.drop();
      lapsed();
    }
    story.entered(view, next);
    view = Optional.of(next);
    lease.enter(next);
    voter.enter(next);
    if (isFirst) {
      peers.forgiveSilence();
    }
    minority.waitAnew();
    led.enter(next);
    if (minority.retakes(next) && !lease.holds()) {
      led.retake();
    }
    handOver.enter(next);
    fences.enter(next);
    shares.enter(next);
    claims.enter(next);
    if (closed) {
      led.clear();
    }
    proposer.enter(next);
    refounder.enter(next);
    antiEntropy.enter(next);
    leftovers.enter(next);
    outages.enter(next);
    clocks.enter(next);
    if (isRefounded && next.voters().equals(List.of(self))) {
      events.count(ClusterEvent.REFOUNDINGS);
    }
    if (next.has(self) || isRefounded) {
      ports.viewLog().follow(next);
    }
    beat();
    reportLapsed(next);
    takeOver.enter(next);
    replicator.enter(next);
    waiting.wakeAll();
    publish();
  }

  private void tick() {
    long now = ports.clock().nanoTime();
    if (now - lastTickNanos > config.lease().toNanos()) {
      // This process stood still: what it did not hear meanwhile says nothing of others.
      voter.stoodStill();
      peers.forgiveSilence();
    }
    lastTickNanos = now;
    if (++ticks % 2 == 0) {
      beat();
    }
    if (!closed) {
      minority.tick(view);
    }
    if (view.isEmpty()) {
      foundIfAlone();
    } else {
      View current = view.get();
      reportLapsed(current);
      if (!closed) {
        refounder.tick(current);
        leftovers.tick(current);
      }
      takeOver.advance(current);
      room.tick(current);
      proposer.tick(current);
      antiEntropy.tick(current);
      purge.tick(current);
      historyMove.tick(current);
      askToLead(current);
      if (lease.holds() && !closed) {
        handOver.tick(current);
        handBack.tick(current);
      }
    }
    peers.keep(heartbeats.everyone(view), 2 * config.lease().toNanos());
    publish();
    ports.loop().schedule(config.renewal().toNanos() / 2, () -> inLoop(this::tick));
  }

  private void reportLapsed(View current) {
    board.report(current, ProcessId.of(self), current.epoch(), voter.lapsed());
  }

  private void endFreshIfLeased() {
    if (lease.holds()) {
      minority.waitAnew();
    }
  }

  /** One that may have been alone asks only with a lease: those that it asks give way. */
  private boolean mayTakeOver() {
    boolean mayAsk =
        view.filter(minority::retakes).isEmpty() || (lease.holds() && !leader.isAloneAtWork());
    // What it compares with what others have must not go a moment later.
    return mayAsk && !leftovers.isForgetting();
  }

  private void beat() {
    heartbeats.send(view);
    endFreshIfLeased();
    outages.word().ifPresent(word -> post.sendAll(heartbeats.everyone(view), word));
    tellReleased();
  }

  private void foundIfAlone() {
    List<Peers.Heard> alive = peers.recent(config.lease().toNanos());
    if (alive.stream().allMatch(heard -> heard.epoch() == 0)) {
      founding.tick(alive.stream().map(Peers.Heard::member).toList()).ifPresent(this::begin);
    }
  }

  /** Does something in the loop, but first finds out whether the lease has lapsed. */
  private void inLoop(Runnable task) {
    if (lease.lapse()) {
      story.lapsed(view);
      lapsed();
    }
    if (minority.lapse()) {
      lapsed();
    }
    task.run();
  }

  private void lapsed() {
    minority.waitAnew();
    if (view.filter(minority::retakes).isPresent()) {
      led.retake();
      takeOver.lapsed();
      antiEntropy.compareSoon();
    }
    if (!off.contains(Rule.DROP_WHAT_A_LAPSE_LEFT)) {
      ports.network().dropConnections();
    }
    // After it, or what is handed over in between would count as new.
    mail.incrementAndGet();
    onLapse.run();
    handOver.lapsed();
    waiting.wakeAll();
    publish();
  }

  /** Encodes what it sends, once for all members that get it. */
  private static final class NetworkPost implements Requests.Post {
    private final Network network;

    NetworkPost(Network network) {
      this.network = network;
    }

    @Override
    public boolean send(Member to, PeerMessage message) {
      return send(to, message, PeerMessageCodec.encode(message));
    }

    @Override
    public void sendAll(List<Member> to, PeerMessage message) {
      byte[] encoded = PeerMessageCodec.encode(message);
      to.forEach(member -> send(member, message, encoded));
    }

    private boolean send(Member to, PeerMessage message, byte[] encoded) {
      return network.send(to.peerAddress(), PeerMessageCodec.channelOf(message), encoded);
    }
  }

  private void publish() {
    readiness.look(view);
    status = report.now(view);
    Optional<String> whyNotReady =
        whyNotReady()
            .or(
                () ->
                    admits(ports.clock().nanoTime())
                        ? Optional.empty()
                        : Optional.of("got its lease a moment ago"));
    story.look(
        lease.holds(),
        led.pending().cardinality(),
        events.of(ClusterEvent.TAKE_OVERS),
        minority.fresh().isPresent(),
        whyNotReady);
  }
}
