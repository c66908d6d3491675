package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TopHandlerTest {
  private static final JsonMapper JSON = new JsonMapper();

  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    gateway = TestGateway.start();
    gateway.send(
        "PUT", "/metrics/job/wide", "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_count 3\n");
    gateway.send("PUT", "/metrics/job/many/n/1", "a 1\n");
    gateway.send("PUT", "/metrics/job/many/n/2", "a 1\n");
    gateway.send("POST", "/metrics/job/many/n/2", "a 2\n");
    gateway.send("PUT", "/metrics/job/broken", "a one\n");
    gateway.send("PUT", "/metrics/job/broken", "# TYPE a counter\na 1\n");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void countsGroupsSeriesPushesAndRefusalsOfEachJob() throws IOException {
    List<JsonNode> jobs = top("");

    assertEquals(List.of("wide 1 3 1 0", "many 2 2 3 0", "broken 1 0 0 2"), shown(jobs));
    assertTrue(jobs.getFirst().get("bytes").asLong() > 0);
  }

  @ParameterizedTest
  @CsvSource({"?by=pushes, many wide", "?by=refusals, broken", "?by=series&limit=1, wide"})
  void theOrderAndTheLimitAreAskedFor(String query, String names) throws IOException {
    assertEquals(
        names, String.join(" ", top(query).stream().map(job -> job.get("job").asText()).toList()));
  }

  @Test
  void jobsOfLongNamesAreToldApartByADigest() throws IOException {
    String same = "j".repeat(5000);
    for (String job : List.of(same + "a", same + "b", same + "b/n/1")) {
      gateway.send("PUT", "/metrics/job/" + job, "a 1\n");
    }
    List<JsonNode> jobs = top("?by=pushes");

    String longest = jobs.get(1).get("job").asText();
    assertTrue(longest.startsWith("jjj") && longest.length() < 1100, longest);
    assertEquals(
        List.of(2, 1), jobs.subList(1, 3).stream().map(it -> it.get("groups").asInt()).toList());
    assertEquals(
        List.of(2, 1), jobs.subList(1, 3).stream().map(it -> it.get("pushes").asInt()).toList());
  }

  @Test
  void aJobWhoseGroupsAreGoneHasItsPushesStill() throws IOException {
    gateway.send("DELETE", "/metrics/job/wide", "");

    assertEquals(List.of("many 2 2 3 0", "wide 0 0 1 0"), shown(top("?by=pushes")));
  }

  @ParameterizedTest
  @CsvSource({"?by=size", "?limit=0", "?limit=1001", "?limit=x"})
  void refusesWhatCannotBeShown(String query) throws IOException {
    Answer answer = gateway.get("/api/v1/admin/top" + query);

    assertEquals(400, answer.status());
    assertTrue(answer.text().contains("invalid parameter"), answer.text());
  }

  private List<JsonNode> top(String query) throws IOException {
    Answer answer = gateway.get("/api/v1/admin/top" + query);
    assertEquals(200, answer.status(), answer.text());
    var jobs = new ArrayList<JsonNode>();
    JSON.readTree(answer.text()).get("data").forEach(jobs::add);
    return jobs;
  }

  private static List<String> shown(List<JsonNode> jobs) {
    return jobs.stream()
        .map(
            job ->
                "%s %s %s %s %s"
                    .formatted(
                        job.get("job").asText(),
                        job.get("groups"),
                        job.get("series"),
                        job.get("pushes"),
                        job.get("refusals")))
        .toList();
  }
}
