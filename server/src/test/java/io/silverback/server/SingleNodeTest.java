package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a server without a cluster says of it, and has of it in memory. */
final class SingleNodeTest {
  private static final List<String> OF_THE_CLUSTER =
      List.of("io.silverback.cluster.", "org.apache.ratis.", "io.scalecube.", "reactor.");

  @Test
  void aServerWithoutAClusterLoadsNoClassOfIt() {
    String address = "127.0.0.1:" + RunningProcess.freePort();
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of("bin", "jvm.options").toAbsolutePath());
    command.addAll(
        List.of(
            "-Xlog:class+load:stdout",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--web.listen-address=" + address));
    String loaded;
    try (var process = RunningProcess.start(command, Map.of())) {
      var base = URI.create("http://" + address);
      process.awaitReady(base.resolve("/-/ready"));
      assertEquals(200, Http.send("PUT", base.resolve("/metrics/job/a"), "a 1\n").statusCode());
      assertEquals(200, Http.get(base.resolve("/metrics")).statusCode());
      assertEquals(200, Http.get(base.resolve("/api/v1/cluster")).statusCode());
      assertEquals(202, Http.send("DELETE", base.resolve("/metrics/job/a"), "").statusCode());
      process.terminate();
      loaded = process.standardOutput();
    }

    assertTrue(loaded.contains(" " + Gateway.class.getName() + " "), loaded);
    assertEquals(
        List.of(),
        loaded
            .lines()
            .filter(line -> OF_THE_CLUSTER.stream().anyMatch(name -> line.contains(" " + name)))
            .toList());
  }

  @Test
  void aServerWithoutAClusterIsTheOnlyTarget() throws IOException {
    try (var gateway = TestGateway.start()) {
      var told = gateway.get("/api/v1/cluster/http_sd");

      assertEquals(200, told.status());
      assertEquals(Optional.of("application/json"), told.header("Content-Type"));
      assertEquals(
          "[{\"targets\":[\"127.0.0.1:" + gateway.port() + "\"],\"labels\":{}}]", told.text());
      assertEquals(
          "{\"status\":\"success\",\"data\":{\"enabled\":false}}",
          gateway.get("/api/v1/cluster").text());
      assertEquals(
          "{\"status\":\"success\",\"data\":[]}", gateway.get("/api/v1/cluster/members").text());
      assertEquals(400, gateway.get("/api/v1/cluster/ring").status());
      assertEquals(400, gateway.get("/api/v1/cluster/status").status());
      assertEquals(400, gateway.get("/api/v1/cluster/owner?job=a").status());
    }
  }

  @Test
  void theAddressThatPrometheusIsToldCanBeSaid() throws IOException {
    try (var gateway = TestGateway.start("--cluster.advertise-web-address=gateway.example:80")) {
      assertEquals(
          "[{\"targets\":[\"gateway.example:80\"],\"labels\":{}}]",
          gateway.get("/api/v1/cluster/http_sd").text());
    }
  }
}
