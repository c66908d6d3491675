package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CardinalityTest {
  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start();
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void seriesAreCountedByNamesAndValuesOfAllGroups() throws IOException {
    for (int shard = 1; shard <= 3; shard++) {
      push(
          "/job/load/shard/" + shard,
          """
          rows{db="orders"} 1
          rows{db="users"} 1
          # TYPE seconds histogram
          seconds_bucket{le="1"} 2
          seconds_bucket{le="+Inf"} 5
          seconds_sum 9
          seconds_count 5
          # TYPE wait summary
          wait{quantile="0.5"} 1
          wait_sum 1
          wait_count 1
          """);
    }
    push("/job/other", "rows{db=\"orders\",job=\"replaced\"} 1\n");

    assertEquals("28 exact: seconds 12, wait 9, rows 7", ranked("by=metric"));
    assertEquals("28 exact: job 28, shard 27, db 7, le 6, quantile 3", ranked("by=label"));
    assertEquals("7 exact: db 7, job 7, shard 6", ranked("by=label&metric=rows"));
    assertEquals("28 exact: load 27, other 1", ranked("by=value&label=job"));
    assertEquals("28 exact: orders 4, users 3", ranked("by=value&label=db"));
    assertEquals("12 exact: 1 4, 2 4, 3 4", ranked("by=value&label=shard&metric=seconds"));
    assertEquals("0 exact: ", ranked("by=label&metric=none"));
    gateway.send("DELETE", "/metrics/job/other", "");
    assertEquals("27 exact: orders 3, users 3", ranked("by=value&label=db"));
  }

  @Test
  void moreNamesThanThereIsRoomForAreNotExactAndTheHeavyOnesStay() throws IOException {
    var body = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      body.append("a{id=\"").append(i).append("\"} 1\n");
    }
    for (int i = 0; i < 1000; i++) {
      body.append("b").append(i).append("{id=\"heavy\"} 1\n");
    }
    push("/job/many", body.toString());

    JsonNode data = ask("by=value&label=id&limit=1");
    assertFalse(data.path("exact").asBoolean());
    assertEquals("heavy", data.path("names").path(0).path("name").asText());
    assertEquals(4000, data.path("series").asLong());
    assertTrue(ask("by=label").path("exact").asBoolean());
  }

  @Test
  void aLongNameIsCutOff() throws IOException {
    push("/job/long", "a{b=\"" + "x".repeat(3000) + "\"} 1\n");

    assertTrue(ask("by=value&label=b").path("names").path(0).path("name").asText().length() < 300);
  }

  @Test
  void aBadParameterIsNamed() throws IOException {
    for (String query :
        List.of("by=series", "by=value", "by=label&label=a", "limit=0", "limit=1001")) {
      var answer = gateway.get("/api/v1/cardinality?" + query);
      assertEquals(400, answer.status(), query);
      assertTrue(answer.text().contains("invalid parameter"), answer.text());
    }
  }

  private void push(String path, String body) throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics" + path, body).status());
  }

  private JsonNode ask(String query) throws IOException {
    return new JsonMapper()
        .readTree(gateway.get("/api/v1/cardinality?" + query).text())
        .path("data");
  }

  private String ranked(String query) throws IOException {
    JsonNode data = ask(query);
    String exact = data.path("exact").asBoolean() ? " exact: " : " about: ";
    var names = new StringJoiner(", ", data.path("series").asText() + exact, "");
    for (JsonNode name : data.path("names")) {
      names.add(name.path("name").asText() + " " + name.path("series").asText());
    }
    return names.toString();
  }
}
