package io.silverback.cluster.gossip;

import static java.util.Map.entry;

import io.scalecube.cluster.Cluster;
import io.scalecube.cluster.ClusterConfig;
import io.scalecube.cluster.ClusterImpl;
import io.scalecube.cluster.ClusterMessageHandler;
import io.scalecube.cluster.membership.MembershipEvent;
import io.scalecube.cluster.metadata.MetadataCodec;
import io.silverback.cluster.Member;
import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.Trouble;
import io.silverback.codec.bytes.MalformedBytesException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The peers that the gossip of ScaleCube Cluster believes to live; its messages go over a {@link
 * Network}. Each node tells the others of its {@link Member}. Thread-safe.
 */
public final class ScaleCubeMembership implements Membership {
  private static final System.Logger logger = System.getLogger(ScaleCubeMembership.class.getName());

  /** Reports every peer that cannot be reached; held on to, else it would forget its level. */
  private static final Logger LIBRARY = Logger.getLogger("io.scalecube");

  /** With peers known, names are only looked up in case that halves of a cluster have to meet. */
  private static final int ROUNDS_WITH_PEERS = 10;

  private final Network network;
  private final GossipConfig settings;
  private final Seeds seeds;
  private final ScheduledExecutorService resolving;

  /** By the name that the library gives to a process start. */
  private final Map<String, Member> peers = new ConcurrentHashMap<>();

  private volatile @Nullable Cluster cluster;
  private volatile boolean malformedLogged;
  private int rounds;

  /** A member of nothing before {@link #start}, with the resolver of the JDK. */
  public ScaleCubeMembership(Network network, List<String> seeds, GossipConfig settings) {
    this(network, seeds, settings, Resolver.system());
  }

  /**
   * A member of nothing before {@link #start}.
   *
   * @param seeds as {@code host:port}, or {@code dns+name:port} for every address of the name
   * @throws IllegalArgumentException if a seed is neither
   */
  public ScaleCubeMembership(
      Network network, List<String> seeds, GossipConfig settings, Resolver resolver) {
    if (LIBRARY.getLevel() == null) {
      LIBRARY.setLevel(Level.SEVERE);
    }
    this.network = network;
    this.settings = settings;
    this.seeds = new Seeds(seeds, network.localAddress(), resolver);
    this.resolving =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("silverback-seeds").factory());
  }

  @Override
  public void start(Member self) {
    resolving.execute(
        () -> {
          seeds.resolve();
          startCluster(self);
        });
    long interval = settings.seedInterval().toNanos();
    var unused =
        resolving.scheduleWithFixedDelay(
            this::resolveAgain, interval, interval, TimeUnit.NANOSECONDS);
  }

  private void resolveAgain() {
    rounds++;
    if (peers.isEmpty() || rounds % ROUNDS_WITH_PEERS == 0) {
      seeds.resolve();
    }
  }

  private void startCluster(Member self) {
    Cluster starting =
        new ClusterImpl(config(self))
            .transportFactory(() -> _ -> new ChannelTransport(network, this::seeds))
            .handler(_ -> new Events(self));
    cluster = starting;
    var unused =
        ((ClusterImpl) starting)
            .start()
            .subscribe(
                _ -> {},
                failure ->
                    logger.log(
                        System.Logger.Level.ERROR,
                        "gossip cannot start, it needs the name of this host to be resolvable",
                        failure));
  }

  /** All of them until there is a peer, to find one soon. */
  private List<String> seeds() {
    return peers.isEmpty() ? seeds.all() : seeds.one();
  }

  private ClusterConfig config(Member self) {
    return ClusterConfig.defaultConfig()
        .memberAlias(self.toString())
        .metadata(self.encode())
        .metadataCodec(new Metadata())
        .metadataTimeout(millis(settings.syncInterval()))
        .failureDetector(
            detector ->
                detector
                    .pingInterval(millis(settings.pingInterval()))
                    .pingTimeout(millis(settings.pingTimeout())))
        .gossip(gossip -> gossip.gossipInterval(settings.gossipInterval().toMillis()))
        .membership(
            membership ->
                membership
                    .seedMembers(ChannelTransport.SEEDS)
                    .syncInterval(millis(settings.syncInterval()))
                    .syncTimeout(millis(settings.syncInterval()))
                    .suspicionMult(settings.suspicionMultiplier()));
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  @Override
  public List<Member> peers() {
    return peers.values().stream().limit(settings.maxPeers()).toList();
  }

  @Override
  public List<Trouble> troubles() {
    return seeds.troubles();
  }

  @Override
  public void close() {
    resolving.shutdownNow();
    Cluster leaving = cluster;
    if (leaving == null) {
      return;
    }
    leaving.shutdown();
    try {
      leaving.onShutdown().toFuture().get(settings.closeTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException _) {
      // The others notice without a farewell.
    }
  }

  /** Keeps the peers up to date; called by the thread of the library. */
  private final class Events implements ClusterMessageHandler {
    private final Member self;

    private Events(Member self) {
      this.self = self;
    }

    @Override
    public void onMembershipEvent(MembershipEvent event) {
      String name = event.member().id();
      if (event.isRemoved()) {
        peers.remove(name);
        return;
      }
      ByteBuffer metadata = event.newMetadata();
      if (metadata == null) {
        return;
      }
      byte[] bytes = new byte[metadata.remaining()];
      metadata.get(metadata.position(), bytes);
      try {
        Member peer = Member.decode(bytes);
        if (!peer.isSameProcess(self)) {
          peers.put(name, peer);
        }
      } catch (MalformedBytesException malformed) {
        skip(event, malformed);
      }
    }

    private void skip(MembershipEvent event, MalformedBytesException malformed) {
      peers.remove(event.member().id());
      if (!malformedLogged) {
        malformedLogged = true;
        logger.log(
            System.Logger.Level.WARNING,
            "a peer is skipped, since what it says of itself is malformed",
            entry("address", event.member().address()),
            entry("reason", String.valueOf(malformed.getMessage())));
      }
    }
  }

  /** The bytes as they are. */
  private static final class Metadata implements MetadataCodec {
    @Override
    public Object deserialize(ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(buffer.position(), bytes);
      return bytes;
    }

    @Override
    public ByteBuffer serialize(Object metadata) {
      return ByteBuffer.wrap((byte[]) metadata);
    }
  }
}
