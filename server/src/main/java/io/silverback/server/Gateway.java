package io.silverback.server;

import io.silverback.codec.model.VersionClock;
import io.silverback.server.flags.GatewayConfig;
import io.silverback.server.flags.LiveConfig;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.handler.Clients;
import io.silverback.server.handler.ClusterHandler;
import io.silverback.server.handler.Fence;
import io.silverback.server.handler.JobTraffic;
import io.silverback.server.handler.LifecycleHandler;
import io.silverback.server.handler.OwnProblems;
import io.silverback.server.handler.Routes;
import io.silverback.server.handler.StoredCardinality;
import io.silverback.server.handler.StoredGroupFinder;
import io.silverback.server.handler.StoredJobs;
import io.silverback.server.handler.Surveys;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.HttpServer;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.log.Log;
import io.silverback.server.member.ClusterLibraries;
import io.silverback.server.member.ClusterMetrics;
import io.silverback.server.member.ClusterParts;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.metrics.GatewayMetrics;
import io.silverback.server.permission.PermissionFile;
import io.silverback.server.permission.Permissions;
import io.silverback.server.pushgateway.TakeOver;
import io.silverback.server.remotewrite.RemoteWrite;
import io.silverback.server.storage.ChoreStatistics;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.StalenessSweep;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.StoreUnusableException;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.files.PersistedMetricStore;
import io.silverback.server.web.AccessControl;
import io.silverback.server.web.Guard;
import io.silverback.server.web.HandshakeFailures;
import io.silverback.server.web.WebConfigFile;
import io.silverback.server.writers.GroupClients;
import io.silverback.server.writers.WriterWatch;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/**
 * One running server: builds the parts, starts them, and closes them in the reverse order. Longer
 * than other classes, as all parts meet here.
 *
 * <p>Thread-safe.
 */
public final class Gateway implements AutoCloseable {
  /** A store that is recovered within that time is ready when the first request can come. */
  private static final Duration RECOVERY_PATIENCE = Duration.ofSeconds(5);

  private static final Duration LONG_PATIENCE = Duration.ofHours(1);

  private static final double SHORT_OF_MEMORY = 0.85;

  private static final Log log = Log.of(Gateway.class);

  private final CountDownLatch quitAsked = new CountDownLatch(1);
  private final LocalStore ownStore;

  /** Its methods are called from lambdas: a reference to one would load the cluster's classes. */
  private final Optional<ClusterParts> cluster;

  private final MetricStore store;
  private final StalenessSweep staleness;
  private final Optional<RemoteWrite> remoteWrite;
  private final String host;
  private final HttpServer web;
  private final boolean hasTls;
  private final Duration shutdownTimeout;
  private volatile boolean ready;

  private Gateway(
      GatewayConfig config,
      UnaryOperator<MetricStore> front,
      Supplier<ClusterLibraries> libraries) {
    BuildInfo build = BuildInfo.current();
    var metrics = new GatewayMetrics(build);
    var board = new LimitBoard(config.endpoints().limits());
    metrics.watchLimits(board);
    var writers = new WriterWatch(System::nanoTime, System::currentTimeMillis);
    metrics.watchWriters(writers);
    var clock = new VersionClock(System::currentTimeMillis, new SecureRandom().nextLong());
    LiveConfig live = config.live();
    if (live.hasFile()) {
      metrics.watchConfig(live::lastSucceeded, live::lastSuccess);
    }
    Optional<WebConfigFile> guardFile = openGuardFile(config.webConfigFile());
    Optional<PermissionFile> permissionFile =
        openPermissionFile(config.permissionsFile(), guardFile);
    permissionFile.ifPresent(file -> metrics.watchPermissions(file::isSound));
    StartReport.settings(config, guardFile.map(file -> file.current().users().size()).orElse(0));
    var failures = new HandshakeFailures();
    Optional<SSLContext> tls = guardFile.flatMap(file -> file.sslContext(failures));
    if (tls.isPresent()) {
      metrics.watchHandshakes(failures);
    }
    // Before anybody asks which names are taken.
    Optional<ClusterMetrics> watched =
        config.cluster().map(_ -> new ClusterMetrics(metrics.registry()));
    RequestLimits limits = config.endpoints().limits();
    var memory =
        new RequestMemory(
            config.limits().memoryBytes(),
            limits.maxScrapeMemoryBytes(),
            limits.maxBodyMemoryBytes(),
            limits.maxQueryMemoryBytes(),
            limits.maxWait());
    board.watch(RequestLimit.SCRAPE_MEMORY, memory.scrapes()::takenBytes);
    var settings =
        new StoreConfig(
            clock,
            System::currentTimeMillis,
            System::nanoTime,
            GatewayMetrics.reserved(),
            config.endpoints().checked(),
            config.historyRetention(),
            config.limits(),
            memory);
    ownStore = openStore(settings, config);
    metrics.watchStorage(ownStore::statistics);
    metrics.watchChores(this::chores);
    board.watchStore(() -> ownStore.statistics().limits());
    var traffic = new JobTraffic();
    var problems = new OwnProblems(writers, System::currentTimeMillis);
    var clients = new GroupClients(System::currentTimeMillis);
    cluster =
        config
            .cluster()
            .map(
                it ->
                    ClusterParts.open(
                        it,
                        libraries.get(),
                        ownStore,
                        clock,
                        memory,
                        traffic,
                        problems,
                        clients,
                        watched.orElseThrow(),
                        this::dropAll));
    store = front.apply(cluster.map(parts -> parts.store()).orElse(ownStore));
    // A node without targets has to see that others have some.
    remoteWrite =
        live.hasFile() || cluster.isPresent()
            ? Optional.of(remoteWrite(config, metrics, build))
            : Optional.empty();
    staleness =
        new StalenessSweep(store, live::staleness, metrics::countExpired, metrics::countPurged);
    Guard guard =
        guardFile
            .<Guard>map(
                file ->
                    new AccessControl(
                        file,
                        permissionFile.isPresent()
                            ? AccessControl.Unnamed.ADMITTED
                            : AccessControl.Unnamed.REFUSED,
                        config.endpoints().limits().maxWait()))
            .orElse(Guard.OPEN);
    var routes =
        new Routes(
            config.endpoints(),
            memory,
            store,
            metrics,
            board,
            writers,
            traffic,
            problems,
            clients,
            cluster
                .map(parts -> parts.surveys())
                .orElseGet(
                    () ->
                        new Surveys(
                            new StoredJobs(store::sizes, traffic),
                            new StoredGroupFinder(store::sizes, System::currentTimeMillis),
                            problems,
                            key -> new Clients.Known(clients.of(key), List.of()),
                            new StoredCardinality(store::shapes))),
            live::rewrite,
            live::staleness,
            build,
            guard,
            permissionFile.<Permissions>map(file -> file).orElse(Permissions.NONE),
            cluster
                .map(parts -> parts.fence(request -> Exchange.of(request).acceptedNanos()))
                .orElse(Fence.OPEN),
            () ->
                live.hasFile()
                    ? Optional.of(
                        new Routes.ConfigInForce(
                            live.file(), live.lastSuccess(), live.lastSucceeded()))
                    : Optional.empty(),
            () -> remoteWrite.map(RemoteWrite::status).orElse(List.of()),
            cluster
                .map(parts -> parts.handler())
                .orElseGet(() -> alone(config.advertisedWebAddress())),
            new LifecycleHandler(
                this::whyNotReady,
                this::askToQuit,
                live.hasFile() ? Optional.of(live::reload) : Optional.empty()));
    host = hostToName(config.listenAddresses().getFirst());
    hasTls = tls.isPresent();
    shutdownTimeout = config.shutdownTimeout();
    web =
        WebFront.of(
            config, routes, new LargeAnswers(routes, memory.scrapes()), board, tls, failures);
    board.watch(RequestLimit.CONNECTIONS, web::connectionCount);
  }

  /**
   * Builds a server that answers requests when this returns.
   *
   * @throws StartUpException if an address cannot be listened on
   */
  public static Gateway start(GatewayConfig config) {
    return start(config, UnaryOperator.identity());
  }

  /** The same with another store in front of its own one. */
  static Gateway start(GatewayConfig config, UnaryOperator<MetricStore> front) {
    return start(config, front, () -> new ClusterLibraries.Usual());
  }

  /**
   * The same with other libraries of the cluster.
   *
   * @param libraries asked if there is a cluster
   */
  static Gateway start(
      GatewayConfig config,
      UnaryOperator<MetricStore> front,
      Supplier<ClusterLibraries> libraries) {
    config.listenAddresses().forEach(WebFront::requireFree);
    var gateway = new Gateway(config, front, libraries);
    gateway.cluster.ifPresent(parts -> parts.start());
    try {
      gateway.web.start();
    } catch (IOException e) {
      gateway.close();
      throw new StartUpException("cannot listen: " + e.getMessage());
    }
    for (int i = 0; i < config.listenAddresses().size(); i++) {
      gateway.logListening(config.listenAddresses().get(i), gateway.web.ports().get(i));
    }
    gateway.ready = true;
    return gateway;
  }

  /** The port of the first listen address. */
  public int port() {
    return web.ports().getFirst();
  }

  /** Returns when a client or {@link #askToQuit} asked for the end. */
  public void awaitQuit() throws InterruptedException {
    quitAsked.await();
  }

  public void askToQuit() {
    quitAsked.countDown();
  }

  /** True if this server should get requests now. */
  boolean isReady() {
    return whyNotReady().isEmpty();
  }

  /** True if history has to give way, or soon will. */
  boolean memoryIsShort() {
    try {
      return ownStore.whyNotReady().isEmpty()
          && ownStore.statistics().limits().stream()
              .filter(use -> use.flag().equals(Limit.MEMORY.flag()) && use.most() > 0)
              .anyMatch(use -> use.used() > SHORT_OF_MEMORY * use.most());
    } catch (StoreClosedException _) {
      return false;
    }
  }

  /**
   * Hands over to other servers what this one leads, takes no new requests, lets running ones end
   * within the timeout, leaves the cluster, and closes the store.
   */
  @Override
  public void close() {
    ready = false;
    cluster.ifPresent(parts -> parts.drain());
    web.close();
    staleness.close();
    remoteWrite.ifPresent(it -> it.close(shutdownTimeout));
    // The peer port goes last: other nodes take a refused peer port to mean that we answer no
    // client.
    cluster.ifPresent(parts -> parts.close());
    store.close();
    if (cluster.isPresent()) {
      ownStore.close();
    }
  }

  /** Sends nothing before there is a target, and then what is pushed from now on. */
  private RemoteWrite remoteWrite(GatewayConfig config, GatewayMetrics metrics, BuildInfo build) {
    var sender =
        new RemoteWrite(
            ownStore,
            cluster.map(parts -> parts.pushes()),
            config.persistence().map(PersistenceConfig::folder),
            config.endpoints().names(),
            config.endpoints().externalLabels(),
            config.historyRetention(),
            config.maxWipedBytes(),
            metrics.registry(),
            build.version());
    config.live().followRemoteWrite(sender::follow);
    return sender;
  }

  /** The others of a cluster must not be told of a store that is half there. */
  private static Duration patience(GatewayConfig config) {
    return config.cluster().isPresent() ? LONG_PATIENCE : RECOVERY_PATIENCE;
  }

  private static LocalStore openStore(StoreConfig settings, GatewayConfig config) {
    if (config.persistence().isEmpty()) {
      return new OffHeapMetricStore(settings);
    }
    try {
      PersistenceConfig persistence = config.persistence().get();
      // A cluster has its groups from its members.
      Optional<TakeOver> earlier =
          config.cluster().isPresent()
              ? Optional.empty()
              : TakeOver.find(
                  persistence.folder(), persistence.startsEmpty(), settings.wallMillis());
      var store = new PersistedMetricStore(settings, persistence);
      store.awaitReady(earlier.isPresent() ? LONG_PATIENCE : patience(config));
      earlier.ifPresent(file -> file.into(store));
      return store;
    } catch (StoreUnusableException e) {
      throw new StartUpException("--persistence.file: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartUpException("interrupted while the store was recovered");
    }
  }

  /** The lease is lost: nothing that a connection still holds may be carried out. */
  private void dropAll() {
    Thread.ofVirtual().name("lost-lease").start(() -> web.dropAll());
  }

  /** The endpoints of a single node, which is the only target. */
  private ClusterHandler alone(String advertised) {
    return new ClusterHandler(
        () ->
            new ClusterHandler.Targets(
                "", List.of(advertised.isEmpty() ? ownAddress() : advertised)),
        Optional.empty(),
        Optional.empty());
  }

  private String ownAddress() {
    return host + ":" + port();
  }

  private Optional<String> whyNotReady() {
    return ready ? store.whyNotReady().or(this::choreInTrouble) : Optional.of("shutting down");
  }

  /** What the own store does now and then, once it is open. */
  private List<ChoreStatistics> chores() {
    if (ownStore.whyNotReady().isPresent()) {
      return List.of();
    }
    var chores = new ArrayList<>(ownStore.statistics().chores());
    chores.add(staleness.statistics());
    return chores;
  }

  private Optional<String> choreInTrouble() {
    return chores().stream().flatMap(chore -> chore.trouble().stream()).findFirst();
  }

  private static Optional<WebConfigFile> openGuardFile(String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(WebConfigFile.open(Path.of(name)));
    } catch (ConfigException e) {
      throw new StartUpException("--web.config.file: " + e.getMessage());
    }
  }

  private static Optional<PermissionFile> openPermissionFile(
      String name, Optional<WebConfigFile> web) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(PermissionFile.open(Path.of(name), web.map(WebConfigFile::current)));
    } catch (ConfigException e) {
      throw new StartUpException("--web.permissions.file: " + e.getMessage());
    }
  }

  private void logListening(InetSocketAddress asked, int port) {
    // upstream: exporter-toolkit's tls_config.go says these two sentences, and scripts wait for
    // one.
    String host = asked.getAddress().isAnyLocalAddress() ? "[::]" : hostOf(asked);
    String address = host + ":" + port;
    log.info("Listening on", "address", address);
    String tls = hasTls ? "TLS is enabled." : "TLS is disabled.";
    log.info(tls, "http2", false, "address", address);
  }

  private static String hostOf(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return host.contains(":") ? "[" + host + "]" : host;
  }

  /** Under which name this machine can be reached at that address, as far as it knows. */
  private static String hostToName(InetSocketAddress address) {
    if (!address.getAddress().isAnyLocalAddress()) {
      return hostOf(address);
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }
}
