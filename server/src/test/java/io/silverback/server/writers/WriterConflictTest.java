package io.silverback.server.writers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server says of clients that overwrite one another, over HTTP. */
final class WriterConflictTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String GROUP = "/metrics/job/flink";

  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start("--web.enable-admin-api");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void aConflictIsShownWhereverGroupsAre() throws IOException {
    alternate("a_start 1\na_load 2\n", "b_start 1\nb_load 2\n", "", "");

    assertEquals(
        List.of("silverback_conflicting_groups 1"),
        withoutZero(gateway.exposed("silverback_conflicting_groups ")));
    assertEquals(
        List.of("silverback_writer_conflicts_total{evidence=\"series\"} 1"),
        withoutZero(gateway.exposed("silverback_writer_conflicts_total{")));
    JsonNode conflict = group().get("writer_conflict");
    assertEquals("127.0.0.1", conflict.get(0).get("client").asText());
    assertEquals("series", conflict.get(0).get("evidence").asText());
    String page = gateway.get("/").text();
    assertTrue(page.contains("Writer conflicts"), page);
    assertTrue(page.contains("{job=&quot;flink&quot;}"), page);
  }

  @Test
  void withoutAConflictNothingIsSaid() throws IOException {
    for (int i = 0; i < 8; i++) {
      gateway.send("PUT", GROUP, "a " + i + "\n");
    }

    assertQuiet();
  }

  @Test
  void aProcessBehindTwoProxiesIsKnownByWhomTheyForwardFor() throws IOException {
    alternate(
        "a 1\nb 2\nc 3\nd 4\ne 5\n",
        "a 6\nb 7\nc 8\nd 9\ne 0\n",
        "X-Forwarded-For: 10.0.0.7, 10.1.0.1",
        "X-Forwarded-For: 10.0.0.7, 10.1.0.2");

    assertQuiet();
  }

  @Test
  void twoClientsBehindOneProxyAreToldApart() throws IOException {
    alternate(
        "a 1\nb 2\nc 3\nd 4\ne 5\n",
        "a 6\nb 7\nc 8\nd 9\ne 0\n",
        "X-Forwarded-For: 10.0.0.7",
        "X-Forwarded-For: 10.0.0.8");

    JsonNode conflict = group().get("writer_conflict");
    assertEquals("10.0.0.8", conflict.get(0).get("client").asText());
    assertEquals("10.0.0.7", conflict.get(1).get("client").asText());
  }

  @Test
  void refusedPushesAndRestoresDoNotCount() throws IOException {
    for (int i = 0; i < 8; i++) {
      gateway.send("PUT", GROUP, "a 1\n");
      gateway.send("PUT", GROUP, "b one\n");
      gateway.send(
          "PUT", "/api/v1/admin/restore/job/flink", "b 1\npush_time_seconds " + (2e9 + i) + "\n");
    }

    assertQuiet();
  }

  @Test
  void deletingTheGroupEndsTheConflict() throws IOException {
    for (String[] end :
        new String[][] {
          {"DELETE", GROUP},
          {"PUT", "/api/v1/admin/wipe"},
          {"POST", "/api/v1/admin/delete_groups?match[]=%7Bjob%3D%22flink%22%7D"}
        }) {
      alternate("a 1\n", "b 1\n", "", "");
      assertFalse(withoutZero(gateway.exposed("silverback_conflicting_groups ")).isEmpty());

      gateway.send(end[0], end[1], "");

      assertTrue(withoutZero(gateway.exposed("silverback_conflicting_groups ")).isEmpty(), end[1]);
    }
  }

  private void alternate(String first, String second, String firstHeader, String secondHeader)
      throws IOException {
    for (int i = 0; i < 6; i++) {
      put(first, firstHeader);
      put(second, secondHeader);
    }
  }

  private void put(String body, String header) throws IOException {
    String[] headers = header.isEmpty() ? new String[0] : new String[] {header};
    assertEquals(200, gateway.send("PUT", GROUP, body, headers).status());
  }

  private void assertQuiet() throws IOException {
    assertFalse(group().has("writer_conflict"), group()::toString);
    assertFalse(gateway.get("/").text().contains("Writer conflicts"));
    assertEquals(List.of(), withoutZero(gateway.exposed("silverback_conflicting_groups ")));
    assertEquals(List.of(), withoutZero(gateway.exposed("silverback_writer_conflicts_total{")));
  }

  private JsonNode group() throws IOException {
    return JSON.readTree(gateway.get("/api/v1/metrics").text()).get("data").get(0);
  }

  private static List<String> withoutZero(List<String> lines) {
    return lines.stream().filter(line -> !line.startsWith("#") && !line.endsWith(" 0")).toList();
  }
}
