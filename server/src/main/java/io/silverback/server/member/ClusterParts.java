package io.silverback.server.member;

import io.helidon.webserver.http.ServerRequest;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.Member;
import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.Wish;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.cluster.node.SystemClock;
import io.silverback.cluster.node.ThreadLoop;
import io.silverback.cluster.peer.SealedNetwork;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.flags.MemberConfig;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.handler.ClusterHandler;
import io.silverback.server.handler.ClusterOrders;
import io.silverback.server.handler.Fence;
import io.silverback.server.handler.JobTraffic;
import io.silverback.server.handler.OwnProblems;
import io.silverback.server.handler.Surveys;
import io.silverback.server.log.Log;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.remotewrite.Leadership;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.replica.OffHeapReplicaStore;
import io.silverback.server.writers.GroupClients;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * What a server has besides when it is one of a cluster: opened in the order network, membership,
 * view log, node, and closed in the reverse one. Thread-safe.
 */
public final class ClusterParts implements AutoCloseable {
  private static final Log log = Log.of(ClusterParts.class);

  /** Tasks of other threads that may wait for the node: messages of peers and requests. */
  private static final int MAILBOX = 65_536;

  /** Works of the store at a time; those of large groups take long, and others wait for locks. */
  private static final int PARALLELISM =
      Math.max(8, 2 * Runtime.getRuntime().availableProcessors());

  /** What an answer of the cluster may take beyond the time in which the cluster gives up. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /** Of what comes of a drain; the wish is repeated each tenth time, as it may be lost. */
  private static final Duration LOOK = Duration.ofMillis(20);

  private static final int LOOKS_A_WISH = 10;

  private final ClusterFolder folder;
  private final ThreadLoop loop;
  private final Network network;
  private final Membership membership;
  private final ViewLog viewLog;
  private final ClusterNode node;
  private final boolean looksForOthers;
  private final Duration drainTimeout;
  private final PieceStreams streams;
  private final MetricStore store;
  private final ClusterPushes pushes;
  private final Surveys surveys;
  private final ClusterReport report;
  private final ClusterOrders orders;

  private ClusterParts(
      MemberConfig settings,
      ClusterLibraries libraries,
      ClusterFolder folder,
      SealedNetwork network,
      Member self,
      LocalStore local,
      VersionClock versions,
      RequestMemory memory,
      JobTraffic traffic,
      OwnProblems problems,
      GroupClients clients,
      ClusterMetrics metrics,
      Runnable onLapse) {
    this.folder = folder;
    this.network = network;
    OffHeapReplicaStore replicas = OffHeapReplicaStore.of(local);
    loop = new ThreadLoop("cluster", MAILBOX, PARALLELISM);
    membership = libraries.membership(settings, network);
    viewLog = libraries.viewLog(settings, folder.path(), network);
    var random = new SecureRandom();
    var ports =
        new ClusterPorts(
            new SystemClock(),
            loop,
            network,
            membership,
            viewLog,
            replicas,
            versions,
            random::nextLong);
    node = new ClusterNode(settings.rules(), self, ports, onLapse);
    looksForOthers = !settings.join().isEmpty();
    drainTimeout = settings.drainTimeout();
    report =
        new ClusterReport(
            node,
            settings.rules(),
            settings.rules().lease().multipliedBy(2),
            () ->
                Stream.concat(membership.troubles().stream(), network.troubles().stream()).toList(),
            network::versions);
    orders = new ClusterWishes(node, report);
    streams = new PieceStreams(memory.scrapes());
    Duration patience = settings.rules().pushBudget().plus(MARGIN);
    pushes = new ClusterPushes(local, node, memory.scrapes(), patience);
    node.answerWith(
        new ServerAnswers(
            local,
            replicas,
            node::exposure,
            streams,
            memory.queries(),
            traffic,
            problems,
            clients,
            () -> node.status().view(),
            report::word,
            pushes));
    var all = new ClusterSurveys(node, patience, settings.rules().lease().multipliedBy(2));
    surveys = new Surveys(all, all, all, all, all);
    store =
        new ReplicatedMetricStore(
            local, node, this::whyAstray, report::whyNotReady, memory.scrapes(), patience);
    metrics.watch(node::status, replicas::tombstones, network::traffic);
  }

  /**
   * Listens for the others. Takes part once {@link #start} is called.
   *
   * @param local the groups of this server
   * @param versions of the process, which the store uses, too
   * @param memory what answers about all of the cluster take from
   * @param traffic what jobs do at this server
   * @param problems what clients of this server have trouble with
   * @param clients who pushes to which group at this server
   * @param onLapse told when this server may not speak for any group any more
   * @throws StartUpException if it cannot listen, or its files cannot be used
   */
  public static ClusterParts open(
      MemberConfig settings,
      ClusterLibraries libraries,
      LocalStore local,
      VersionClock versions,
      RequestMemory memory,
      JobTraffic traffic,
      OwnProblems problems,
      GroupClients clients,
      ClusterMetrics metrics,
      Runnable onLapse) {
    ClusterFolder folder = ClusterFolder.open(settings.folder(), settings.nodeId());
    long incarnation = versions.incarnation();
    try {
      var sender = new Network.Sender(settings.nodeId(), incarnation, settings.peerAddress());
      SealedNetwork network =
          SealedNetwork.open(
              sender, settings.listenAddress(), settings.secrets(), settings.peers());
      var self =
          new Member(
              settings.nodeId(),
              incarnation,
              folder.storeId(),
              network.localAddress(),
              settings.webAddress(),
              settings.zone(),
              settings.voterOnly());
      return new ClusterParts(
          settings, libraries, folder, network, self, local, versions, memory, traffic, problems,
          clients, metrics, onLapse);
    } catch (IOException | IllegalArgumentException e) {
      folder.close();
      throw new StartUpException(
          "cannot listen for the cluster on "
              + settings.listenAddress()
              + ", free it or change --cluster.listen-address: "
              + e.getMessage());
    }
  }

  /** Begins to look for the others; returns at once. */
  public void start() {
    node.start();
    Member self = node.status().self();
    log.info(
        "looking for the cluster",
        "node",
        self.nodeId(),
        "address",
        self.peerAddress(),
        "web_address",
        self.webAddress());
  }

  /** What is asked of all members. */
  public Surveys surveys() {
    return surveys;
  }

  /** The groups of the cluster. */
  public MetricStore store() {
    return store;
  }

  /**
   * Keeps requests out that this server must not answer.
   *
   * @param acceptedNanos when the connection of a request was accepted
   */
  public Fence fence(ToLongFunction<ServerRequest> acceptedNanos) {
    return request ->
        whyAstray().isEmpty() && node.admits(acceptedNanos.applyAsLong(request))
            ? Optional.empty()
            : Optional.of(
                whyAstray().or(node::whyNotReady).orElse("this connection is older than the lease")
                    + ", try another server, or later over a new connection");
  }

  /**
   * Why this server should do nothing but say so: it was told to join others, sees a cluster of
   * others, and is one by itself, from its store. The others go on, and it must not show beside
   * them what it was pushed when it was alone.
   */
  private Optional<String> whyAstray() {
    ClusterStatus status = node.status();
    if (!looksForOthers || status.foreign().size() < 2) {
      return Optional.empty();
    }
    return status
        .view()
        .filter(view -> view.members().equals(List.of(status.self())))
        .map(
            _ ->
                "the store of this server is of another cluster than the others that it sees, move"
                    + " its --persistence.file away to join them: others="
                    + status.foreign().stream().map(Member::peerAddress).sorted().toList());
  }

  /** What of the pushes in the store of this server it may send on. */
  public Leadership pushes() {
    return pushes;
  }

  public ClusterHandler handler() {
    return new ClusterHandler(
        () -> report.targets(Instant.now()), Optional.of(report), Optional.of(orders));
  }

  /**
   * Hands over what this node leads, so that others show it when this one ends. Returns when that
   * is done, when there is nobody to hand over to, or when it takes too long.
   */
  public void drain() {
    var wish = new Wish.Drain(node.status().self().nodeId(), View.Drain.LEADERSHIP);
    long began = System.nanoTime();
    try {
      for (int i = 0; leadsForOthers(); i++) {
        if (System.nanoTime() - began > drainTimeout.toNanos()) {
          log.warn(
              "not all slots were handed over before this server ends, so some scrapes miss them",
              "slots",
              node.status().ledSlots());
          return;
        }
        if (i % LOOKS_A_WISH == 0) {
          node.wish(wish);
        }
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** True if it leads slots that another member may be about to get. */
  private boolean leadsForOthers() {
    ClusterStatus status = node.status();
    Optional<View.Seat> seat = status.view().flatMap(view -> view.seatOf(status.self()));
    boolean mayHandOver =
        seat.isPresent() && status.leaseMillis() > 0 && status.view().get().seats().size() > 1;
    boolean isAgreed = seat.filter(each -> each.drain() != View.Drain.NONE).isPresent();
    return mayHandOver && (!isAgreed || status.handingOver() > 0);
  }

  /** Leaves the cluster; the store stays open. All parts are closed, even if one of them fails. */
  @Override
  public void close() {
    // Closed from right to left.
    try (folder;
        loop;
        network;
        membership;
        viewLog;
        streams) {
      node.close();
    }
  }
}
