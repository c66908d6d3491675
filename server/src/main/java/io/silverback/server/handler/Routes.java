package io.silverback.server.handler;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.gzip.SegmentCache;
import io.silverback.server.http.HttpServer;
import io.silverback.server.http.Pressure;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.metrics.GatewayMetrics;
import io.silverback.server.permission.Permissions;
import io.silverback.server.permission.Right;
import io.silverback.server.remotewrite.TargetStatus;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.web.Guard;
import io.silverback.server.writers.GroupClients;
import io.silverback.server.writers.WriterWatch;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Every path that the server answers. Longer than other classes, as each of them has a line. */
public final class Routes implements HttpServer.Handler, Pressure {
  /**
   * Which configuration file is in force.
   *
   * @param file its name
   * @param read when it was read last and sound
   * @param isLatest false if it was read since, and not sound
   */
  public record ConfigInForce(String file, Instant read, boolean isLatest) {}

  private static final String HEALTHY = "/-/healthy";
  private static final String READY = "/-/ready";

  private final String prefix;
  private final Router router;
  private final LimitedMemory memory;
  private final Turnstile scrapes;
  private final Permits permits;

  /**
   * The endpoints over one store.
   *
   * @param metrics counts the requests, and is shown with the groups
   * @param board learns how full the limits of requests are
   * @param writers learns who pushes
   * @param traffic learns what each job does
   * @param problems learns which pushes are refused
   * @param clients learns which clients push to which group
   * @param surveys what is asked of all servers
   * @param rewriteRules what becomes of the grouping keys of requests, asked for each of them
   * @param stalenessRules when groups expire
   * @param guard decides which requests get an answer at all
   * @param permissions decides what those may do
   * @param fence asked before a request reads or writes groups
   * @param requests the memory that bodies and queries take
   * @param config the configuration file, if there is one
   * @param targets how it goes with those of remote write
   * @param cluster endpoints about the cluster
   * @param lifecycle endpoints for the life of the process
   */
  public Routes(
      EndpointConfig settings,
      RequestMemory requests,
      MetricStore store,
      GatewayMetrics metrics,
      LimitBoard board,
      WriterWatch writers,
      JobTraffic traffic,
      OwnProblems problems,
      GroupClients clients,
      Surveys surveys,
      Supplier<RewriteRules> rewriteRules,
      Supplier<StalenessRules> stalenessRules,
      BuildInfo build,
      Guard guard,
      Permissions permissions,
      Fence fence,
      Supplier<Optional<ConfigInForce>> config,
      Supplier<List<TargetStatus>> targets,
      ClusterHandler cluster,
      LifecycleHandler lifecycle) {
    var log = new RequestLog(board);
    prefix = settings.routePrefix();
    permits =
        new Permits(
            guard,
            permissions,
            settings.openProbes() ? Set.of(prefix + HEALTHY, prefix + READY) : Set.of(),
            log);
    var started = Instant.now();
    RequestLimits limits = settings.limits();
    var overLimit = new OverLimitAnswer(board, log);
    memory = LimitedMemory.ofBodies(requests.bodies());
    board.watch(RequestLimit.BODY_MEMORY, memory::takenBytes);
    var pushes = new Turnstile(RequestLimit.PUSHES, limits.maxPushes(), limits.maxWait());
    board.watch(RequestLimit.PUSHES, pushes::taken);
    scrapes = new Turnstile(RequestLimit.SCRAPES, limits.maxScrapes(), limits.maxWait());
    board.watch(RequestLimit.SCRAPES, scrapes::taken);
    var paths = new GroupingKeyPath(settings.names(), rewriteRules);
    var push =
        new PushHandler(
            store, settings, paths, memory, pushes, overLimit, traffic, problems, clients, writers,
            fence, permits, log);
    var delete = new DeleteHandler(store, paths, writers, permits, log);
    var deflated = new SegmentCache(limits.maxScrapeCacheBytes());
    metrics.watchScrapeCache(deflated::takenBytes, deflated::found, deflated::missed);
    var pages = new PageWriter(deflated);
    var scrape = new ScrapeHandler(store, metrics, pages, log, cluster::scraped);
    var api = new ApiHandler(store, settings.flags(), board, writers, build, started);
    var top = new TopHandler(surveys.jobs());
    var queries = LimitedMemory.ofQueries(requests.queries());
    board.watch(RequestLimit.QUERY_MEMORY, queries::takenBytes);
    var history = new HistoryHandler(store, limits, queries, overLimit, System::currentTimeMillis);
    var reads = new Turnstile(RequestLimit.READS, limits.maxReads(), limits.maxWait());
    board.watch(RequestLimit.READS, reads::taken);
    var forms = new FormParameters(limits, memory);
    var historyReads =
        new HistoryReads(
            store, limits, forms, queries, reads, overLimit, log, System::currentTimeMillis);
    var read = new ReadHandler(historyReads, memory, settings.externalLabels(), overLimit, log);
    var series = new SeriesHandler(historyReads);
    var query = new QueryHandler(historyReads);
    var metadata = new MetadataHandler(store);
    // Each page has new times, so that its pieces would only take the place of those of scrapes.
    var newPages = new PageWriter(new SegmentCache(0));
    var federate = new FederateHandler(historyReads, newPages, settings.externalLabels());
    var files = new PageFiles();
    var status =
        new StatusHandler(store, settings, board, writers, cluster::outage, build, started, files);
    var groups =
        new GroupsHandler(
            store,
            surveys.groups(),
            writers,
            limits,
            overLimit,
            stalenessRules,
            started,
            System::currentTimeMillis);
    var problemList = new ProblemsHandler(surveys.problems(), cluster::outage);
    var clientList = new ClientsHandler(surveys.clients());
    var server = new ServerHandler(store, settings, board, started, config, targets);
    var cardinality = new CardinalityHandler(surveys.cardinality(), limits, overLimit);

    UnaryOperator<Endpoint> large = endpoint -> inTurn(endpoint, scrapes, overLimit);
    UnaryOperator<Endpoint> fenced = endpoint -> fenced(fence, endpoint, log);
    var routes = new ArrayList<Route>();
    routes.addAll(pushes(push, delete, fenced));
    if (settings.adminApi()) {
      routes.addAll(restores(push, fenced));
      routes.addAll(
          dryRuns(
              new DryRunHandler(store, settings, paths, memory, pushes, permits, overLimit),
              fenced));
    }
    routes.addAll(scrapes(settings.telemetryPath(), scrape, fenced, large, metrics));
    routes.addAll(life(lifecycle, settings.lifecycle(), cluster, log));
    routes.addAll(pages(status, files));
    routes.addAll(ofThePage(groups, problemList, clientList, server, cardinality, fenced, large));
    routes.addAll(queries(api, history, top, fenced, large, metrics));
    routes.addAll(reads(read, federate, series, fenced, metrics));
    routes.addAll(prometheusApi(query, metadata, fenced, large));
    routes.addAll(clusterRoutes(cluster));
    if (settings.adminApi()) {
      var wipe = new WipeHandler(store, writers, permits, log);
      var deleteGroups =
          new DeleteGroupsHandler(store, limits, forms, permits, overLimit, writers::forget, log);
      routes.addAll(admin(wipe, deleteGroups, new SnapshotHandler(store, log), fenced, large));
      routes.addAll(clusterOrders(cluster.orders(log), fenced));
    }
    router = new Router(routes, metrics, permits, new ForeignPage(settings.externalUrl()), log);
  }

  private Route route(String method, String path, Right right, String name, Endpoint endpoint) {
    return new Route(method, prefix + path, right, name, endpoint);
  }

  private List<Route> pushes(
      PushHandler push, DeleteHandler delete, UnaryOperator<Endpoint> fenced) {
    return forKeys(
        (key, base64) ->
            List.of(
                route(
                    "PUT",
                    "/metrics" + key,
                    Right.PUSH,
                    "push",
                    fenced.apply(push.endpoint(PushHandler.Push.PUT, base64))),
                route(
                    "POST",
                    "/metrics" + key,
                    Right.PUSH,
                    "push",
                    fenced.apply(push.endpoint(PushHandler.Push.POST, base64))),
                route(
                    "DELETE",
                    "/metrics" + key,
                    Right.PUSH,
                    "delete",
                    fenced.apply(delete.endpoint(base64)))));
  }

  private List<Route> restores(PushHandler push, UnaryOperator<Endpoint> fenced) {
    var restored = new RestoredGroup(System::currentTimeMillis);
    return forKeys(
        (key, base64) ->
            List.of(
                route(
                    "PUT",
                    "/api/v1/admin/restore" + key,
                    Right.PUSH,
                    "restore",
                    fenced.apply(push.endpoint(restored::read, base64)))));
  }

  private List<Route> dryRuns(DryRunHandler dryRun, UnaryOperator<Endpoint> fenced) {
    return forKeys(
        (key, base64) ->
            Stream.of(PushHandler.Push.values())
                .map(
                    push ->
                        route(
                            push.name(),
                            "/api/v1/admin/dry_run" + key,
                            Right.PUSH,
                            "dry_run",
                            fenced.apply(dryRun.endpoint(push, base64))))
                .toList());
  }

  /** The routes for a grouping key, with the job as it is and in base64. */
  private static List<Route> forKeys(BiFunction<String, Boolean, List<Route>> routes) {
    var both = new ArrayList<Route>(routes.apply("/job/:job/*labels", false));
    both.addAll(routes.apply("/job" + GroupingKeyPath.BASE64_SUFFIX + "/:job/*labels", true));
    return both;
  }

  private List<Route> scrapes(
      String telemetryPath,
      ScrapeHandler scrape,
      UnaryOperator<Endpoint> fenced,
      UnaryOperator<Endpoint> large,
      GatewayMetrics metrics) {
    // The page of this server alone stays open without a lease, for its own metrics.
    Endpoint page = scrape.endpoint(fenced.apply(scrape.ofCluster()));
    Endpoint timed = timed(large.apply(page), metrics::observeScrape);
    return List.of(
        route("GET", telemetryPath, Right.READ, "", timed),
        route("GET", "/-/metrics", Right.METRICS, "", scrape.own()));
  }

  private List<Route> life(
      LifecycleHandler lifecycle, boolean isEnabled, ClusterHandler cluster, RequestLog log) {
    Endpoint disabled =
        (request, response, parameters) -> {
          log.refused(RefusalReason.DISABLED);
          lifecycle.disabled().answer(request, response, parameters);
        };
    Endpoint quit = isEnabled ? lifecycle.quit() : disabled;
    Endpoint reload = isEnabled ? lifecycle.reload() : disabled;
    return List.of(
        route("GET", HEALTHY, Right.PROBES, "healthy", lifecycle.healthy()),
        route("GET", READY, Right.PROBES, "ready", lifecycle.ready(cluster::outage)),
        route("PUT", "/-/quit", Right.ADMIN, "", quit),
        route("POST", "/-/quit", Right.ADMIN, "", quit),
        route("PUT", "/-/reload", Right.ADMIN, "", reload),
        route("POST", "/-/reload", Right.ADMIN, "", reload),
        route("GET", "/-/reload", Right.ADMIN, "", lifecycle.byGet()),
        // upstream: main.go registers this one without the prefix.
        new Route("GET", "/-/quit", Right.ADMIN, "", lifecycle.byGet()));
  }

  private List<Route> pages(StatusHandler status, PageFiles files) {
    return List.of(
        route("GET", "/", Right.READ, "status", status.endpoint()),
        route("GET", "/status", Right.READ, "status", status.endpoint()),
        route("GET", PageFiles.path(), Right.READ, "static", files.endpoint()));
  }

  /** What the page asks for that others did not need so far. */
  private List<Route> ofThePage(
      GroupsHandler groups,
      ProblemsHandler problems,
      ClientsHandler clients,
      ServerHandler server,
      CardinalityHandler cardinality,
      UnaryOperator<Endpoint> fenced,
      UnaryOperator<Endpoint> large) {
    return List.of(
        route(
            "GET",
            "/api/v1/groups",
            Right.READ,
            "api/v1/groups",
            fenced.apply(large.apply(groups.groups()))),
        route(
            "GET",
            "/api/v1/group",
            Right.READ,
            "api/v1/group",
            fenced.apply(large.apply(groups.group()))),
        route(
            "GET",
            "/api/v1/cardinality",
            Right.READ,
            "api/v1/cardinality",
            fenced.apply(large.apply(cardinality.endpoint()))),
        route(
            "GET", "/api/v1/group/clients", Right.READ, "api/v1/group/clients", clients.endpoint()),
        route("GET", "/api/v1/problems", Right.READ, "api/v1/problems", problems.endpoint()),
        route("GET", "/api/v1/server", Right.READ, "api/v1/server", server.endpoint()));
  }

  private List<Route> queries(
      ApiHandler api,
      HistoryHandler history,
      TopHandler top,
      UnaryOperator<Endpoint> fenced,
      UnaryOperator<Endpoint> large,
      GatewayMetrics metrics) {
    Endpoint timedHistory =
        timed(fenced.apply(large.apply(history.endpoint())), metrics::observeHistoryQuery);
    return List.of(
        route("GET", "/api/v1/status", Right.READ, "api/v1/status", api.status()),
        route(
            "GET",
            "/api/v1/metrics",
            Right.READ,
            "api/v1/metrics",
            fenced.apply(large.apply(api.metrics()))),
        route("GET", "/api/v1/history", Right.READ, "api/v1/history", timedHistory),
        route("GET", "/api/v1/admin/top", Right.READ, "top", large.apply(top.endpoint())),
        route("OPTIONS", "/api/v1/*path", Right.READ, "api/v1/options", api.options()));
  }

  private List<Route> reads(
      ReadHandler read,
      FederateHandler federate,
      SeriesHandler series,
      UnaryOperator<Endpoint> fenced,
      GatewayMetrics metrics) {
    Endpoint timed = timed(fenced.apply(read.endpoint()), metrics::observeRead);
    return List.of(
        route("POST", "/api/v1/read", Right.READ, "api/v1/read", timed),
        route("GET", "/federate", Right.READ, "federate", fenced.apply(federate.endpoint())),
        route("GET", "/api/v1/series", Right.READ, "api/v1/series", fenced.apply(series.series())),
        route("POST", "/api/v1/series", Right.READ, "api/v1/series", fenced.apply(series.series())),
        route("GET", "/api/v1/labels", Right.READ, "api/v1/labels", fenced.apply(series.labels())),
        route("POST", "/api/v1/labels", Right.READ, "api/v1/labels", fenced.apply(series.labels())),
        route(
            "GET",
            "/api/v1/label/:name/values",
            Right.READ,
            "api/v1/label",
            fenced.apply(series.values())));
  }

  private List<Route> prometheusApi(
      QueryHandler query,
      MetadataHandler metadata,
      UnaryOperator<Endpoint> fenced,
      UnaryOperator<Endpoint> large) {
    Endpoint instant = fenced.apply(query.instant());
    Endpoint range = fenced.apply(query.range());
    return List.of(
        route("GET", "/api/v1/query", Right.READ, "api/v1/query", instant),
        route("POST", "/api/v1/query", Right.READ, "api/v1/query", instant),
        route("GET", "/api/v1/query_range", Right.READ, "api/v1/query_range", range),
        route("POST", "/api/v1/query_range", Right.READ, "api/v1/query_range", range),
        route(
            "GET",
            "/api/v1/metadata",
            Right.READ,
            "api/v1/metadata",
            large.apply(fenced.apply(metadata.endpoint()))));
  }

  private List<Route> clusterRoutes(ClusterHandler cluster) {
    return List.of(
        route("GET", "/api/v1/cluster", Right.READ, "api/v1/cluster", cluster.overview()),
        route("GET", "/api/v1/cluster/http_sd", Right.READ, "http_sd", cluster.httpSd()),
        route("GET", "/api/v1/cluster/status", Right.READ, "api/v1/cluster", cluster.status()),
        route("GET", "/api/v1/cluster/members", Right.READ, "api/v1/cluster", cluster.members()),
        route("GET", "/api/v1/cluster/ring", Right.READ, "api/v1/cluster", cluster.ring()),
        route("GET", "/api/v1/cluster/owner", Right.READ, "api/v1/cluster", cluster.owner()));
  }

  private List<Route> clusterOrders(ClusterOrdersHandler orders, UnaryOperator<Endpoint> fenced) {
    String member = "/api/v1/cluster/members/:id";
    String name = "api/v1/cluster";
    return List.of(
        route("POST", member + "/drain", Right.ADMIN, name, fenced.apply(orders.drain())),
        route("DELETE", member + "/drain", Right.ADMIN, name, fenced.apply(orders.undrain())),
        route("DELETE", member, Right.ADMIN, name, orders.forget(fenced)),
        route("POST", "/api/v1/cluster/repair", Right.ADMIN, name, fenced.apply(orders.repair())),
        route(
            "POST",
            "/api/v1/cluster/rebalance",
            Right.ADMIN,
            name,
            fenced.apply(orders.rebalance())));
  }

  private List<Route> admin(
      WipeHandler wipe,
      DeleteGroupsHandler deleteGroups,
      SnapshotHandler snapshot,
      UnaryOperator<Endpoint> fenced,
      UnaryOperator<Endpoint> large) {
    Endpoint delete = fenced.apply(large.apply(deleteGroups.endpoint()));
    return List.of(
        route("PUT", "/api/v1/admin/wipe", Right.ADMIN, "wipe", fenced.apply(wipe.endpoint())),
        route("POST", "/api/v1/admin/delete_groups", Right.PUSH, "delete_groups", delete),
        route("PUT", "/api/v1/admin/delete_groups", Right.PUSH, "delete_groups", delete),
        route(
            "POST",
            "/api/v1/admin/snapshot",
            Right.ADMIN,
            "api/v1/admin/snapshot",
            snapshot.endpoint()));
  }

  /** In the order in which they are tried. */
  List<Route> table() {
    return router.routes();
  }

  @Override
  public boolean bodiesWait() {
    return memory.isWaitedFor();
  }

  @Override
  public boolean answersWait() {
    return scrapes.waiting() > 0;
  }

  @Override
  public void answer(ServerRequest request, ServerResponse response) throws IOException {
    if (!permits.refuses(request, response)) {
      router.route(request, response);
    }
  }

  /** The same endpoint, and how long each request took. */
  private static Endpoint timed(Endpoint endpoint, DoubleConsumer onSeconds) {
    return (request, response, parameters) -> {
      long start = System.nanoTime();
      try {
        endpoint.answer(request, response, parameters);
      } finally {
        onSeconds.accept((System.nanoTime() - start) / 1e9);
      }
    };
  }

  /** The same endpoint for requests that may be about groups now. */
  private static Endpoint fenced(Fence fence, Endpoint endpoint, RequestLog log) {
    return (request, response, parameters) -> {
      Optional<String> refusal = fence.refusal(request);
      if (refusal.isPresent()) {
        log.refused(RefusalReason.NOT_READY);
        Fence.refuse(request, response, refusal.get());
      } else {
        endpoint.answer(request, response, parameters);
      }
    };
  }

  /** The same endpoint for a bounded number of requests side by side. */
  private static Endpoint inTurn(
      Endpoint endpoint, Turnstile turnstile, OverLimitAnswer overLimit) {
    return (request, response, parameters) -> {
      Turnstile.Place place;
      try {
        place = turnstile.enter(request.remotePeer().host());
      } catch (OverLimitException e) {
        overLimit.endpoint(request, response, e);
        return;
      }
      try (place) {
        endpoint.answer(request, response, parameters);
      } catch (SnapshotRefusedException e) {
        overLimit.snapshot(request, response, e);
      } catch (GroupLostException e) {
        overLimit.lost(request, e);
      }
    };
  }
}
