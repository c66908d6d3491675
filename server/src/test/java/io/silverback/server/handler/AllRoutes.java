package io.silverback.server.handler;

import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.metrics.GatewayMetrics;
import io.silverback.server.permission.Permissions;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.web.Guard;
import io.silverback.server.writers.GroupClients;
import io.silverback.server.writers.WriterWatch;
import java.util.List;
import java.util.Optional;

/** The table of routes of a server, for tests that go through all of them. */
final class AllRoutes {
  private AllRoutes() {}

  static List<Route> of(EndpointConfig settings, MetricStore store) {
    var writers = new WriterWatch(System::nanoTime, System::currentTimeMillis);
    var problems = new OwnProblems(writers, System::currentTimeMillis);
    var clients = new GroupClients(System::currentTimeMillis);
    return new Routes(
            settings,
            RequestMemory.unlimited(),
            store,
            new GatewayMetrics(BuildInfo.current()),
            new LimitBoard(settings.limits()),
            writers,
            new JobTraffic(),
            problems,
            clients,
            new Surveys(
                new StoredJobs(store::sizes, new JobTraffic()),
                new StoredGroupFinder(store::sizes, System::currentTimeMillis),
                problems,
                key -> new Clients.Known(clients.of(key), List.of()),
                new StoredCardinality(store::shapes)),
            () -> RewriteRules.NONE,
            () -> StalenessRules.NONE,
            BuildInfo.current(),
            Guard.OPEN,
            Permissions.NONE,
            Fence.OPEN,
            Optional::empty,
            List::of,
            new ClusterHandler(
                () -> new ClusterHandler.Targets("", List.of()),
                Optional.empty(),
                Optional.empty()),
            new LifecycleHandler(Optional::empty, () -> {}, Optional.empty()))
        .table();
  }

  /** A path of that route, about a group of that job. */
  static String pathOf(Route route, String job) {
    return route
        .path()
        .toString()
        .replace(":job", job)
        .replace("/*labels", "/l/v")
        .replace("/*path", "/x");
  }
}
