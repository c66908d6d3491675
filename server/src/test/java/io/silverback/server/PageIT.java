package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The web page in a real browser, Debian's Chromium: what {@code src/test/page/page.js} claims. One
 * browser opens the pages of several servers, which are in this process but for those of the
 * cluster: one of these is killed.
 */
final class PageIT {
  private static final Path SOURCES = Path.of("src", "test", "page");
  private static final Duration RUN_LIMIT = Duration.ofMinutes(5);
  private static final int LARGE = 100_000;

  /** More than a screen shows. */
  private static final int GROUPS_OF_CLUSTER = 60;

  private static final Map<String, String> HOSTILE =
      Map.of("job", "<img src=x onerror=alert(1)>", "a", "\"><b>\u2028");

  /** Of the password in the requests. */
  private static final String HASH = "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";

  @TempDir private Path folder;

  @TestFactory
  Stream<DynamicTest> thePageInABrowser() throws Exception {
    for (String name : List.of("package.json", "package-lock.json", "page.js")) {
      Files.copy(SOURCES.resolve(name), folder.resolve(name));
    }
    RunningProcess.installNpmPackages(folder);
    return claims().stream().map(PageIT::test);
  }

  private static DynamicTest test(JsonNode claim) {
    return DynamicTest.dynamicTest(
        claim.path("name").asText(),
        () -> {
          if (claim.has("fault")) {
            fail(claim.path("fault").asText());
          }
        });
  }

  /** What the browser found of each claim. */
  private List<JsonNode> claims() throws Exception {
    Path stores = Files.createDirectory(folder.resolve("cluster"));
    try (var cluster = ProcessCluster.ofDeadNodes(3, stores, "--web.enable-admin-api");
        var starting = Executors.newVirtualThreadPerTaskExecutor()) {
      // The processes start while this one starts and fills the other servers.
      return claims(cluster, starting.submit(cluster::mend));
    }
  }

  private List<JsonNode> claims(ProcessCluster cluster, Future<?> whole) throws Exception {
    Path web = folder.resolve("web.yml");
    Files.writeString(web, "basic_auth_users: {alice: %s}\n".formatted(HASH));
    Files.writeString(folder.resolve("pusher.token"), "pusher");
    Path permissions =
        Files.writeString(
            folder.resolve("permissions.yml"),
            """
            anyone: [read]
            clients:
              - {name: pusher, token_files: [pusher.token], rights: [push]}
            """);
    try (var empty = TestGateway.start();
        var plain = TestGateway.start();
        var admin = TestGateway.start("--web.enable-admin-api");
        var prefix =
            TestGateway.start(
                "--web.external-url=http://127.0.0.1/behind/a/proxy",
                "--web.route-prefix=/behind/a/proxy");
        var guarded = TestGateway.start("--web.config.file=" + web);
        var viewer =
            TestGateway.start("--web.enable-admin-api", "--web.permissions.file=" + permissions);
        var large = large();
        var expiring = TestGateway.start("--staleness.ttl=1s");
        var soon = TestGateway.start("--staleness.ttl=5s")) {
      fill(plain);
      for (String path : List.of("delete_me", "many/n/1", "many/n/2", "many/n/3", "other")) {
        push(admin, "/metrics/job/" + path, "a 1\n", 200);
      }
      push(admin, "/metrics/job/other", "# TYPE a histogram\na_count 1\n", 400);
      push(prefix, "/behind/a/proxy/metrics/job/prefixed", "a 1\n", 200);
      assertEquals(
          200,
          guarded
              .send(
                  "PUT",
                  "/metrics/job/secret",
                  "a 1\n",
                  "Authorization: Basic YWxpY2U6czNjcmV0LXB3")
              .status());
      assertEquals(
          200,
          viewer
              .send("PUT", "/metrics/job/kept", "a 1\n", "Authorization: Bearer pusher")
              .status());
      push(expiring, "/metrics/job/quiet", "a 1\n", 200);
      whole.get();
      for (int i = 0; i < GROUPS_OF_CLUSTER; i++) {
        cluster.insist(200, cluster.node(i % 3), "PUT", "/metrics/job/of_cluster/n/" + i, "a 1\n");
      }
      Path order = folder.resolve("order");
      var servers =
          Map.of(
              "order", order.toString(),
              "empty", url(empty),
              "plain", url(plain),
              "admin", url(admin),
              "prefix", url(prefix) + "/behind/a/proxy",
              "auth", Map.of("url", url(guarded), "user", "alice", "password", "s3cret-pw"),
              "viewer", url(viewer),
              "large", Map.of("groups", url(large), "expiring", url(expiring), "soon", url(soon)),
              "cluster",
                  cluster.nodes().stream().map(node -> "http://" + node.webAddress()).toList(),
              "hostile", HOSTILE);
      Thread ending = Thread.ofVirtual().start(() -> obey(cluster, order));
      try {
        return run(new JsonMapper().writeValueAsString(servers));
      } finally {
        ending.interrupt();
      }
    }
  }

  /** Kills or starts the last node when the script writes so into the file, and deletes it then. */
  private static void obey(ProcessCluster cluster, Path order) {
    try {
      while (true) {
        Thread.sleep(20);
        switch (Files.exists(order) ? Files.readString(order) : "") {
          case "kill" -> cluster.node(2).kill();
          case "start" -> cluster.mend();
          default -> {
            continue;
          }
        }
        Files.delete(order);
      }
    } catch (InterruptedException _) {
      // The script has ended.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<JsonNode> run(String servers) throws IOException {
    var command =
        List.of(
            RunningProcess.programOnPath("node", "nodejs"),
            folder.resolve("page.js").toString(),
            RunningProcess.programOnPath("chromium", "chromium"),
            servers);
    String told = RunningProcess.complete(command, Map.of(), RUN_LIMIT);
    System.out.println(told);
    var claims = new ArrayList<JsonNode>();
    for (String line : told.lines().toList()) {
      claims.add(new JsonMapper().readTree(line));
    }
    return claims;
  }

  private static String url(TestGateway gateway) {
    return "http://127.0.0.1:" + gateway.port();
  }

  private static void push(TestGateway gateway, String path, String body, int status)
      throws IOException {
    assertEquals(status, gateway.send("PUT", path, body).status());
  }

  private static void fill(TestGateway gateway) throws IOException {
    for (int push = 1; push <= 3; push++) {
      push(
          gateway,
          "/metrics/job/backup/instance/db-1",
          """
          # HELP backup_bytes What was copied.
          # TYPE backup_bytes gauge
          backup_bytes{db="orders"} %d
          # TYPE backup_seconds histogram
          backup_seconds_bucket{le="1"} 2
          backup_seconds_bucket{le="+Inf"} 5
          backup_seconds_sum 9
          backup_seconds_count 5
          # TYPE request_seconds summary
          request_seconds{quantile="0.5"} 0.2
          request_seconds_sum 99
          request_seconds_count 301
          """
              .formatted(push * push),
          200);
    }
    push(gateway, "/metrics/job/load/shard/1", "rows 1\n", 200);
    push(gateway, "/metrics/job/load/shard/2", "rows 1\nseconds 2\n", 200);
    push(gateway, "/metrics/job/broken", "rows 1\n", 200);
    push(gateway, "/metrics/job/broken", "# TYPE rows histogram\nrows_count 1\n", 400);
    push(gateway, "/metrics/job/unreadable", "a one\n", 400);
    push(gateway, "/metrics/job/leaves", "kept 1\nleft 7\n", 200);
    push(gateway, "/metrics/job/leaves", "kept 1\nleft 8\n", 200);
    push(gateway, "/metrics/job/leaves", "kept 2\n", 200);
    push(gateway, "/metrics/job/gone", "a 1\n", 200);
    assertEquals(202, gateway.send("DELETE", "/metrics/job/gone", "").status());
    for (int push = 1; push <= 8; push++) {
      assertEquals(
          200,
          gateway
              .send(
                  "PUT",
                  "/metrics/job/shared",
                  "process_start_time_seconds %d\n# TYPE c counter\nc %d\n"
                      .formatted(push % 2 == 0 ? 1000 : 2000, push),
                  "X-Forwarded-For: 10.0.0." + push % 2)
              .status());
    }
    var path = new StringBuilder("/metrics");
    for (String name : List.of("job", "a")) {
      path.append('/')
          .append(name)
          .append('/')
          .append(
              URLEncoder.encode(HOSTILE.getOrDefault(name, ""), StandardCharsets.UTF_8)
                  .replace("+", "%20"));
    }
    String body =
        """
        # HELP evil <script>alert(1)</script>
        # TYPE evil gauge
        evil{x="\\"><img src=x onerror=alert(1)>"} 1
        # HELP evil_seconds </p><iframe>
        # TYPE evil_seconds histogram
        evil_seconds_bucket{y="<b>",le="1"} 1
        evil_seconds_bucket{y="<b>",le="+Inf"} 1
        evil_seconds_sum{y="<b>"} 1
        evil_seconds_count{y="<b>"} 1
        """;
    assertEquals(
        200,
        gateway
            .send("PUT", path.toString(), body, "User-Agent: <img src=x onerror=alert(2)>")
            .status());
  }

  /** A server with many groups, which would take long to push over HTTP. */
  private static TestGateway large() {
    var store = new AtomicReference<MetricStore>();
    TestGateway gateway =
        TestGateway.start(
            own -> {
              store.set(own);
              return own;
            });
    var body =
        new ParsedExposition(
            List.of(
                new MetricFamily(
                    "a", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.EMPTY, 1)))),
            false);
    for (int shard = 0; shard < LARGE; shard++) {
      var key = new GroupingKey(Labels.of("job", "large", "shard", Integer.toString(shard)));
      store.get().submit(new GroupUpdate.Replace(key, body));
    }
    return gateway;
  }
}
