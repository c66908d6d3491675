package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.RunningProcess;
import io.silverback.server.TestGateway;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.permission.Right;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TlsClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the file of {@code --web.permissions.file} lets clients do, over HTTP. Longer than other
 * classes, as each way to the groups of others is tried.
 */
final class PermissionsTest {
  private static final Path DOCS = Path.of("..", "docs", "permissions.md");
  private static final String[] SWITCHED_ON = {"--web.enable-admin-api", "--web.enable-lifecycle"};
  private static final String ALL_RIGHTS =
      Stream.of(Right.values()).map(Right::label).collect(Collectors.joining(", "));

  /** Of alice, with the password of {@link #ALICE}. */
  private static final String HASH = "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";

  private static final String ALICE = "Authorization: Basic YWxpY2U6czNjcmV0LXB3";
  private static final String DELETE_GROUPS = "/api/v1/admin/delete_groups?match[]=";

  @TempDir private Path folder;
  private Path web = Path.of("web.yml");
  private Path file = Path.of("permissions.yml");
  private final AtomicReference<MetricStore> store = new AtomicReference<>();

  @BeforeEach
  void place() throws IOException {
    web =
        Files.writeString(
            folder.resolve("web.yml"), "basic_auth_users: {alice: %s}\n".formatted(HASH));
    file = folder.resolve("permissions.yml");
  }

  private TestGateway start(String permissions, String... more) throws IOException {
    Files.writeString(file, permissions);
    return TestGateway.start(
        own -> {
          store.set(own);
          return own;
        },
        Stream.of(
                Stream.of(SWITCHED_ON),
                Stream.of("--web.config.file=" + web, "--web.permissions.file=" + file),
                Stream.of(more))
            .flatMap(flags -> flags)
            .toArray(String[]::new));
  }

  /** The entry of a client with a token that is its name. */
  private String client(String name, String rights, String... groups) throws IOException {
    Files.writeString(folder.resolve(name + ".token"), name + "\n");
    String entry =
        "  - {name: %s, token_files: [%s.token], rights: [%s]".formatted(name, name, rights);
    return groups.length == 0
        ? entry + "}\n"
        : entry + ", groups: ['" + String.join("', '", groups) + "']}\n";
  }

  private static String token(String name) {
    return "Authorization: Bearer " + name;
  }

  private List<Route> routes() {
    return AllRoutes.of(TestGateway.config(SWITCHED_ON).endpoints(), store.get());
  }

  private static Answer put(TestGateway gateway, String job, String... headers) throws IOException {
    return gateway.send("PUT", "/metrics/job/" + job, "a 1\n", headers);
  }

  private static String uri(String selector) {
    return DELETE_GROUPS + selector.replace("{", "%7B").replace("}", "%7D").replace("\"", "%22");
  }

  @Test
  void everyEndpointNeedsItsRightAndNoOther() throws IOException {
    var clients = new StringBuilder("clients:\n");
    for (Right right : Right.values()) {
      String others =
          Stream.of(Right.values())
              .filter(other -> other != right)
              .map(Right::label)
              .collect(Collectors.joining(", "));
      clients.append(client("only-" + right.label(), right.label()));
      clients.append(client("all-but-" + right.label(), others));
    }
    try (var gateway = start(clients.toString())) {
      for (Route route : routes()) {
        String path = AllRoutes.pathOf(route, "x");
        String what = route.method() + " " + path;
        String right = route.right().label();
        Answer byOthers = gateway.send(route.method(), path, "", token("all-but-" + right));
        assertEquals(403, byOthers.status(), what);
        assertEquals(
            "this needs the right %s, which --web.permissions.file does not give: client=all-but-%s\n"
                .formatted(right, right),
            byOthers.text());
        Answer byOne = gateway.send(route.method(), path, "", token("only-" + right));
        assertFalse(byOne.text().startsWith("this needs the right"), what + " " + byOne);
        Answer byNobody = gateway.send(route.method(), path, "");
        assertEquals(401, byNobody.status(), what);
        assertEquals("Unauthorized, this needs the right " + right + "\n", byNobody.text());
        assertEquals("Bearer", byNobody.header("WWW-Authenticate").orElse(""));
      }
    }
  }

  @Test
  void theTableOfTheDocsIsThatOfTheServer() throws IOException {
    try (var _ = start("")) {
      var served = new TreeSet<String>();
      for (Route route : routes()) {
        served.add(
            route.path().toString().replaceAll("/\\*\\w+", "...").replaceAll(":(\\w+)", "<$1>")
                + " "
                + route.method()
                + " "
                + route.right().label());
      }
      assertEquals(served, documented());
    }
  }

  private static Set<String> documented() throws IOException {
    Pattern row = Pattern.compile("\\| (`.+`) \\| ([A-Z, ]+) \\| (\\w+) \\| .* \\|");
    var rows = new TreeSet<String>();
    for (String line : Files.readAllLines(DOCS)) {
      Matcher cells = row.matcher(line);
      if (cells.matches()) {
        for (String path : cells.group(1).replace("`", "").split(", ", -1)) {
          for (String method : cells.group(2).split(", ", -1)) {
            assertTrue(rows.add(path + " " + method + " " + cells.group(3)), line);
          }
        }
      }
    }
    return rows;
  }

  @Test
  void noDoorLeadsToTheGroupsOfOthers() throws IOException {
    String mine = "{job=~\"mine|.*-mine\"}";
    try (var gateway =
        start("clients:\n" + client("root", ALL_RIGHTS) + client("team", ALL_RIGHTS, mine))) {
      put(gateway, "kept", token("root"));
      var refused = new TreeSet<String>();
      for (Route route : routes()) {
        if (route.mayChange() && !route.path().toString().startsWith("/api/v1/cluster")) {
          String path = AllRoutes.pathOf(route, "kept").replace("64/kept", "64/a2VwdA==");
          String query =
              path.endsWith("delete_groups") ? uri("{job=\"kept\"}").substring(path.length()) : "";
          Answer answer = gateway.send(route.method(), path + query, "a 2\n", token("team"));
          if (answer.status() == 403) {
            assertTrue(answer.text().contains(mine), answer.text());
            assertTrue(answer.text().contains("client=team"), answer.text());
            refused.add(route.method() + " " + path);
          }
        }
      }
      assertEquals(
          Set.of(
              "DELETE /metrics/job/kept/l/v",
              "DELETE /metrics/job@base64/a2VwdA==/l/v",
              "POST /api/v1/admin/delete_groups",
              "POST /api/v1/admin/dry_run/job/kept/l/v",
              "POST /api/v1/admin/dry_run/job@base64/a2VwdA==/l/v",
              "POST /metrics/job/kept/l/v",
              "POST /metrics/job@base64/a2VwdA==/l/v",
              "PUT /api/v1/admin/delete_groups",
              "PUT /api/v1/admin/dry_run/job/kept/l/v",
              "PUT /api/v1/admin/dry_run/job@base64/a2VwdA==/l/v",
              "PUT /api/v1/admin/restore/job/kept/l/v",
              "PUT /api/v1/admin/restore/job@base64/a2VwdA==/l/v",
              "PUT /api/v1/admin/wipe",
              "PUT /metrics/job/kept/l/v",
              "PUT /metrics/job@base64/a2VwdA==/l/v"),
          refused);
      assertEquals(
          List.of("a{instance=\"\",job=\"kept\"} 1"),
          gateway
              .get("/metrics", token("root"))
              .text()
              .lines()
              .filter(it -> it.startsWith("a{"))
              .toList());
      assertEquals(1, store.get().groupCount());
    }
  }

  @Test
  void aTeamPushesAndDeletesItsOwnGroupsByEachDoor() throws IOException {
    try (var gateway =
        start(
            "clients:\n"
                + client("root", ALL_RIGHTS)
                + client("team", "push", "{job=~\"team-a-.*\"}", "{job=\"shared\",owner=\"a\"}"))) {
      put(gateway, "team-b-x", token("root"));
      assertEquals(200, put(gateway, "team-a-x", token("team")).status());
      assertEquals(200, put(gateway, "shared/owner/a", token("team")).status());
      Answer refused = put(gateway, "shared/owner/b", token("team"));
      assertEquals(403, refused.status());
      assertEquals(
          "--web.permissions.file gives the right push only for groups that match"
              + " {job=~\"team-a-.*\"} or {job=\"shared\",owner=\"a\"}:"
              + " group={job=\"shared\",owner=\"b\"} client=team\n",
          refused.text());
      assertEquals(403, put(gateway, "team-a", token("team")).status());
      assertEquals(403, put(gateway, "x-team-a-x", token("team")).status());
      assertEquals(
          202, gateway.send("DELETE", "/metrics/job/team-a-x", "", token("team")).status());
      assertEquals(200, put(gateway, "team-a-y", token("team")).status());
      assertEquals(
          403, gateway.send("POST", uri("{job=~\"team-.*\"}"), "", token("team")).status());
      assertEquals(
          403,
          gateway
              .send("POST", uri("{job=~\"team-.*\"}") + "&dry_run=true", "", token("team"))
              .status());
      assertEquals(3, store.get().groupCount());
      Answer deleted = gateway.send("POST", uri("{job=~\"team-a.*\"}"), "", token("team"));
      assertEquals(200, deleted.status(), deleted.text());
      assertTrue(deleted.text().contains("\"count\":1,"), deleted.text());
      assertEquals(2, store.get().groupCount());
      assertEquals(202, gateway.send("PUT", "/api/v1/admin/wipe", "", token("root")).status());
    }
  }

  @Test
  void theKeyThatIsStoredCountsAndNotTheOneThatIsSent() throws IOException {
    Path rules =
        Files.writeString(
            folder.resolve("config.yml"),
            "rewrite:\n  - {label: job, regex: 'old-(.*)', set: {job: 'new-${1}'}}\n");
    try (var gateway =
        start(
            "clients:\n"
                + client("old", "push", "{job=~\"old-.*\"}")
                + client("new", "push", "{job=~\"new-.*\"}"),
            "--config.file=" + rules)) {
      assertEquals(403, put(gateway, "old-x", token("old")).status());
      assertEquals(403, gateway.send("DELETE", "/metrics/job/old-x", "", token("old")).status());
      assertEquals(200, put(gateway, "old-x", token("new")).status());
      assertEquals(202, gateway.send("DELETE", "/metrics/job/old-x", "", token("new")).status());
    }
  }

  @Test
  void probesAndOwnMetricsMayStayOpenWhileTheRestAsksForAPassword() throws IOException {
    try (var gateway =
        start(
            "anyone: [probes, metrics]\nclients:\n  - {name: ops, users: [alice], rights: [push, read]}\n")) {
      for (String open : List.of("/-/healthy", "/-/ready", "/-/metrics")) {
        assertEquals(200, gateway.get(open).status(), open);
        assertEquals(200, gateway.get(open, ALICE).status(), open);
      }
      Answer refused = gateway.get("/metrics");
      assertEquals(401, refused.status());
      assertEquals("Basic", refused.header("WWW-Authenticate").orElse(""));
      assertEquals(200, gateway.get("/metrics", ALICE).status());
      assertEquals(200, put(gateway, "x", ALICE).status());
      Answer missing = gateway.send("PUT", "/-/quit", "", ALICE);
      assertEquals(403, missing.status());
      assertEquals(
          "this needs the right admin, which --web.permissions.file does not give: client=ops\n",
          missing.text());
      // Who may do something may learn which paths there are.
      assertEquals(404, gateway.get("/nope").status());
    }
  }

  @Test
  void aUserWithoutAnEntryMayDoWhatAnyoneMay() throws IOException {
    try (var gateway = start("anyone: [probes]\n")) {
      assertEquals(200, gateway.get("/-/healthy", ALICE).status());
      Answer refused = gateway.get("/metrics", ALICE);
      assertEquals(403, refused.status());
      assertEquals(
          "this needs the right read, which --web.permissions.file does not give: client=alice\n",
          refused.text());
    }
  }

  @Test
  void whoMayDoNothingDoesNotLearnWhichPathsThereAre() throws IOException {
    try (var gateway = start("clients:\n" + client("none", ""))) {
      for (String path : List.of("/nope", "/metrics/", "//metrics", "/metrics%zz")) {
        assertEquals(401, gateway.get(path).status(), path);
        assertEquals(403, gateway.get(path, token("none")).status(), path);
      }
      assertEquals(
          401,
          gateway.exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").status());
    }
  }

  @Test
  void wrongCredentialsAreRefusedEvenWhereNoneAreNeeded() throws IOException {
    try (var gateway =
        start("anyone: [%s]\nclients:\n".formatted(ALL_RIGHTS) + client("team", "push"))) {
      assertEquals(200, gateway.get("/-/healthy").status());
      for (String credentials :
          List.of(
              "Bearer",
              "Bearer ",
              "Bearer other",
              "Bearer TEAM",
              "Bearer team x",
              "Bearer team,team",
              "Bearer te\u00e4m",
              "Basic YWxpY2U6d3Jvbmc=",
              "Basic YWxpY2U6czNjcmV0LXB",
              "Basic",
              "Basic !",
              "Negotiate team",
              "team",
              "Digest username=\"alice\"")) {
        Answer refused = gateway.get("/-/healthy", "Authorization: " + credentials);
        assertEquals(401, refused.status(), credentials);
        assertEquals("Unauthorized\n", refused.text());
        assertFalse(refused.header("WWW-Authenticate").isEmpty());
      }
      assertEquals(200, gateway.get("/-/healthy", "authorization:   bearer   team  ").status());
    }
  }

  @Test
  void aTokenOfAMegabyteCostsNothingAndHarmsNobody() throws IOException {
    try (var gateway = start("clients:\n" + client("team", "push"))) {
      for (int length : List.of(4096, 4097, 30_000, 1 << 20)) {
        int status = put(gateway, "x", token("t".repeat(length))).status();
        assertTrue(status == 401 || status == 431, "length=" + length + " status=" + status);
      }
      assertEquals(200, put(gateway, "x", token("team")).status());
    }
  }

  @Test
  void aTokenThatChangesIsTheNewOneWithinSecondsAndOneThatIsDeletedIsNone() throws IOException {
    try (var gateway = start("clients:\n" + client("team", "push") + client("other", "push"))) {
      assertEquals(200, put(gateway, "x", token("team")).status());
      Files.writeString(folder.resolve("team.token"), "renewed\r\n");
      await(() -> put(gateway, "x", token("renewed")).status() == 200);
      assertEquals(401, put(gateway, "x", token("team")).status());
      Files.delete(folder.resolve("team.token"));
      await(() -> put(gateway, "x", token("renewed")).status() == 401);
      assertEquals(200, put(gateway, "x", token("other")).status());
    }
  }

  @Test
  void aBrokenFileChangesNothingAndShowsInTheMetrics() throws IOException {
    try (var gateway = start("anyone: [metrics]\nclients:\n" + client("team", "push"))) {
      assertTrue(gateway.get("/-/metrics").text().contains("\nsilverback_permissions_valid 1\n"));
      Files.writeString(file, "anyone: [everything]\n");
      assertEquals(200, put(gateway, "x", token("team")).status());
      assertTrue(gateway.get("/-/metrics").text().contains("\nsilverback_permissions_valid 0\n"));
      Files.delete(file);
      assertEquals(200, put(gateway, "x", token("team")).status());
      assertTrue(gateway.get("/-/metrics").text().contains("\nsilverback_permissions_valid 0\n"));
      Files.writeString(file, "anyone: [metrics]\nclients:\n" + client("team", "read"));
      assertEquals(403, put(gateway, "x", token("team")).status());
      assertTrue(gateway.get("/-/metrics").text().contains("\nsilverback_permissions_valid 1\n"));
    }
  }

  @Test
  void refusalsAreCountedByReason() throws IOException {
    try (var gateway =
        start("anyone: [metrics]\nclients:\n" + client("team", "push", "{job=\"mine\"}"))) {
      put(gateway, "mine");
      put(gateway, "mine", token("nobody"));
      put(gateway, "other", token("team"));
      gateway.get("/metrics", token("team"));
      String page = gateway.get("/-/metrics").text();
      var counts = new ArrayList<String>();
      for (String reason : List.of("unauthorized", "forbidden", "forbidden_group")) {
        String name = "silverback_refused_requests_total{reason=\"" + reason + "\"} ";
        counts.add(
            page.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()))
                .collect(Collectors.joining()));
      }
      assertEquals(List.of("2", "1", "1"), counts);
      assertTrue(
          page.contains(
              "pushgateway_http_requests_total{code=\"403\",handler=\"push\",method=\"put\"} 1"),
          page);
    }
  }

  @Test
  void aRefusalIsALineInTheLogOnceInAWhileAndSaysNoCredentials() throws IOException {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var gateway = start("clients:\n" + client("team", "push", "{job=\"mine\"}"))) {
      for (int i = 0; i < 5; i++) {
        put(gateway, "other", token("team"));
        put(gateway, "other", token("guessed"));
        put(gateway, "other");
      }
      List<String> lines = log.lines().stream().filter(line -> line.contains("refused")).toList();
      assertEquals(3, lines.size(), lines.toString());
      assertTrue(lines.getFirst().contains(" client=team url=/metrics/job/other right=push "));
      assertTrue(lines.getFirst().contains("mine"), lines.getFirst());
      assertFalse(log.lines().toString().contains("guessed"));
    }
  }

  @Test
  void aClientLearnsWhatItMayDo() throws IOException {
    try (var gateway =
        start(
            "anyone: [probes]\nclients:\n"
                + client("team", "push, read", "{job=\"mine\"}")
                + client("root", ALL_RIGHTS))) {
      assertTrue(
          gateway
              .get("/api/v1/server", token("team"))
              .text()
              .contains(
                  "\"permissions\":{\"client\":\"team\",\"rights\":[\"push\",\"read\",\"probes\"],"
                      + "\"groups\":[\"{job=\\\"mine\\\"}\"]}"));
      put(gateway, "mine", token("root"));
      put(gateway, "other", token("root"));
      assertTrue(
          gateway
              .get("/api/v1/group?job=mine", token("team"))
              .text()
              .contains("\"may_change\":true"));
      assertTrue(
          gateway
              .get("/api/v1/group?job=other", token("team"))
              .text()
              .contains("\"may_change\":false"));
      assertTrue(
          gateway
              .get("/api/v1/group?job=other", token("root"))
              .text()
              .contains("\"may_change\":true"));
    }
  }

  @Test
  void certificatesCountOnlyIfAClientAuthorityVouchesForThem() throws Exception {
    var certificates = new TestCertificates(folder);
    certificates.selfSigned("server", TestCertificates.KeyType.P256);
    certificates.authority("ca");
    certificates.authority("other-ca");
    Path bySan = certificates.client("by-san", "ca", "DNS:push.example,IP:::1");
    Path byName = certificates.client("by-name", "ca", "DNS:else.example");
    Path unlisted = certificates.client("unlisted", "ca", "DNS:by-name,DNS:by-san");
    Path forged = certificates.client("by-name", "other-ca", "DNS:push.example");
    String tls =
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem,"
            + " client_auth_type: %s}\n";
    Files.writeString(web, tls.formatted("VerifyClientCertIfGiven"));
    try (var gateway =
        start(
            """
            clients:
              - {name: san, certificate_sans: ['0::1'], rights: [read]}
              - {name: name, certificate_common_names: [by-name], rights: [probes]}
            """)) {
      assertEquals(200, over(TlsClient.showing(bySan), gateway, "/metrics"));
      assertEquals(403, over(TlsClient.showing(bySan), gateway, "/-/ready"));
      assertEquals(403, over(TlsClient.showing(unlisted), gateway, "/-/ready"));
      // No header could help a client here, so it is not asked for one.
      assertEquals(403, over(TlsClient.anonymous(), gateway, "/-/ready"));
      Files.writeString(web, tls.formatted("RequestClientCert"));
      assertEquals(403, over(TlsClient.showing(forged), gateway, "/-/ready"));
      assertEquals(403, over(TlsClient.showing(bySan), gateway, "/metrics"));
    }
    Files.writeString(web, tls.formatted("RequireAndVerifyClientCert"));
    certificates.client("by-name", "ca", "DNS:else.example");
    try (var gateway = start(Files.readString(file))) {
      assertEquals(200, over(TlsClient.showing(byName), gateway, "/-/ready"));
    }
  }

  private static int over(TlsClient client, TestGateway gateway, String path) throws IOException {
    String answer =
        client.exchange(
            gateway.port(), "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return Integer.parseInt(answer.substring(9, 12));
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    for (int i = 0; i < 500 && !condition.holds(); i++) {
      RunningProcess.pause(Duration.ofMillis(20));
    }
    assertTrue(condition.holds());
  }
}
