package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/v1/groups} and {@code /api/v1/group}, over HTTP. */
final class GroupsHandlerTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final GroupingKey KEY = new GroupingKey(Labels.of("job", "a"));

  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    gateway = TestGateway.start();
    push("job/Backup/instance/db-1", "a 1\nb 2\nc 3\n", 200);
    push("job/backup/instance/db-2", "a 1\n", 200);
    push("job/load/instance/eu=1", "a 1\nb 2\n", 200);
    push("job/load/instance/us=1/zone/x", "a 1\nb 2\n", 200);
    push("job/load/instance/eu=1", "# TYPE a histogram\na_count 1\n", 400);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void push(String group, String body, int status) throws IOException {
    assertEquals(status, gateway.send("POST", "/metrics/" + group, body).status());
  }

  private JsonNode json(String path) throws IOException {
    Answer answer = gateway.get(path);
    assertEquals(200, answer.status(), answer.text());
    return JSON.readTree(answer.text());
  }

  private static List<String> instances(JsonNode page) {
    var instances = new ArrayList<String>();
    page.path("data")
        .path("groups")
        .forEach(group -> instances.add(group.path("labels").path("instance").asText()));
    return instances;
  }

  @ParameterizedTest
  @CsvSource({
    "'', db-1 db-2 eu=1 us=1",
    "search=BACK, db-1 db-2",
    "search=instance=db+back, db-1 db-2",
    "search=back+eu, ''",
    "search=zone=x, us=1",
    "search=%20%20, db-1 db-2 eu=1 us=1",
    "match[]={job='load'}, eu=1 us=1",
    "match[]={job='load'}&match[]={job='Backup'}, db-1 eu=1 us=1",
    "match[]={job=~'.*a.*'}&search=us, us=1",
    "state=failed, eu=1",
    "state=stale, ''",
    "state=overdue, ''",
    "sort=series&order=desc&limit=1, db-1",
    "sort=series&limit=1, db-2",
    "sort=last_failure&order=desc&limit=1, eu=1",
    "order=desc, us=1 eu=1 db-2 db-1"
  })
  void groupsAreSearchedFilteredAndSorted(String query, String instances) throws IOException {
    String encoded = query.replace("'", "%22").replace("{", "%7B").replace("}", "%7D");

    assertEquals(instances, String.join(" ", instances(json("/api/v1/groups?" + encoded))));
  }

  @Test
  void byNameTheJobComesBeforeOtherLabels() throws IOException {
    push("job/z/a/first-by-key", "a 1\n", 200);
    push("job/c/instance/c", "a 1\n", 200);

    var jobs = new ArrayList<String>();
    json("/api/v1/groups")
        .path("data")
        .path("groups")
        .forEach(group -> jobs.add(group.path("labels").path("job").asText()));
    assertEquals(List.of("Backup", "backup", "c", "load", "load", "z"), jobs);
  }

  @Test
  void anExpiryToComeIsToldWithTheGroup() throws IOException {
    assertTrue(json("/api/v1/group?job=load&instance=eu=1").path("expires_at").isMissingNode());
    try (var expiring = TestGateway.start("--staleness.ttl=10m")) {
      assertEquals(200, expiring.send("PUT", "/metrics/job/a", "a 1\n").status());
      JsonNode group = JSON.readTree(expiring.get("/api/v1/group?job=a").text());
      Instant pushed =
          Instant.parse(group.path("data").path("push_time_seconds").path("time_stamp").asText());
      assertEquals(
          pushed.plus(Duration.ofMinutes(10)), Instant.parse(group.path("expires_at").asText()));
    }
  }

  @Test
  void aGroupThatHasExpiredHasNoExpiryToCome() throws Exception {
    try (var expiring = TestGateway.start("--staleness.ttl=1s")) {
      assertEquals(200, expiring.send("PUT", "/metrics/job/a", "a 1\n").status());
      JsonNode group;
      do {
        Thread.sleep(50);
        group = JSON.readTree(expiring.get("/api/v1/group?job=a").text());
      } while (!group.path("data").path("stale").asBoolean());
      assertTrue(group.path("expires_at").isMissingNode());
    }
  }

  @Test
  void theClientsOfAGroupAreTold() throws IOException {
    String path = "/metrics/job/load/instance/eu=1";
    assertEquals(
        200,
        gateway
            .send("PUT", path, "a 1\n", "User-Agent: <b>cron", "X-Forwarded-For: 10.0.0.7")
            .status());

    JsonNode data = json("/api/v1/group/clients?job=load&instance=eu=1").path("data");
    assertEquals(List.of("clients", "silent_members"), names(data));
    assertEquals(0, data.path("silent_members").size());
    assertEquals(2, data.path("clients").size());
    JsonNode last = data.path("clients").path(0);
    assertEquals("10.0.0.7", last.path("client").asText());
    assertEquals("<b>cron", last.path("agent").asText());
    assertEquals(1, last.path("pushes").asInt());
    assertEquals(0, last.path("refused").asInt());
    JsonNode first = data.path("clients").path(1);
    assertEquals("127.0.0.1", first.path("client").asText());
    assertEquals(1, first.path("pushes").asInt());
    assertEquals(1, first.path("refused").asInt());
    assertTrue(first.path("reason").asText().contains("metric"), first.toString());
    assertTrue(first.path("last_refusal").asText().startsWith("20"), first.toString());
    assertEquals(0, json("/api/v1/group/clients?job=nobody").path("data").path("clients").size());
    assertEquals(400, gateway.get("/api/v1/group/clients").status());
  }

  private static List<String> names(JsonNode object) {
    var names = new ArrayList<String>();
    object.fieldNames().forEachRemaining(names::add);
    return names.stream().sorted().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"name", "last_push", "last_failure", "series", "bytes"})
  void thePagesOfAnyOrderHaveEachGroupOnce(String sort) throws IOException {
    for (String order : List.of("asc", "desc")) {
      String path = "/api/v1/groups?sort=" + sort + "&order=" + order;
      List<String> all = instances(json(path));
      assertEquals(4, all.size());
      var paged = new ArrayList<String>();
      String after = "";
      do {
        JsonNode page = json(path + "&limit=1" + after);
        paged.addAll(instances(page));
        assertEquals(4, page.path("data").path("counts").path("found").asInt());
        after = page.has("next") ? "&after=" + page.path("next").asText() : "";
      } while (!after.isEmpty());
      assertEquals(all, paged);
    }
  }

  @Test
  void countsTellHowManyGroupsAreInEachStateWhateverIsSearched() throws IOException {
    assertEquals(
        "{\"all\":4,\"found\":2,\"failed\":1,\"overdue\":0,\"stale\":0}",
        json("/api/v1/groups?search=back&limit=1").path("data").path("counts").toString());
  }

  @Test
  void aPageGoesOnWhereTheGroupBeforeItWasDeleted() throws IOException {
    String next = json("/api/v1/groups?limit=2").path("next").asText();
    assertEquals(202, gateway.send("DELETE", "/metrics/job/backup/instance/db-2", "").status());

    assertEquals(List.of("eu=1", "us=1"), instances(json("/api/v1/groups?limit=2&after=" + next)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sort=size",
        "order=up",
        "state=sad",
        "limit=0",
        "limit=501",
        "limit=x",
        "after=x",
        "after=.",
        "after=7.!",
        "after=99999999999999999999.YQ",
        "match[]=%7B",
        "match[]=up"
      })
  void whatIsNotAParameterIsToldSo(String query) throws IOException {
    Answer answer = gateway.get("/api/v1/groups?" + query);

    assertEquals(400, answer.status());
    assertTrue(
        answer
            .text()
            .contains(
                "\"error\":\"invalid parameter \\\""
                    + query.substring(0, query.indexOf('='))
                    + "\\\""),
        answer.text());
  }

  @Test
  void oneGroupIsToldAsInTheListOfAll() throws IOException {
    JsonNode all = json("/api/v1/metrics").path("data");
    var one = new ArrayList<JsonNode>();
    for (JsonNode group : all) {
      var query = new StringBuilder();
      group
          .path("labels")
          .properties()
          .forEach(
              label ->
                  query
                      .append(query.isEmpty() ? "?" : "&")
                      .append(label.getKey())
                      .append('=')
                      .append(
                          URLEncoder.encode(label.getValue().asText(), StandardCharsets.UTF_8)));
      one.add(json("/api/v1/group" + query).path("data"));
    }

    assertEquals(4, one.size());
    for (int i = 0; i < one.size(); i++) {
      assertEquals(all.get(i), one.get(i));
    }
    assertEquals(404, gateway.get("/api/v1/group?job=none").status());
    assertEquals(400, gateway.get("/api/v1/group?instance=a").status());
  }

  @Test
  void aGroupIsOverdueOnceItMissedThreePushesOfItsRhythm() {
    PushRhythm rhythm = PushRhythm.NONE;
    for (int push = 0; push <= PushRhythm.ENOUGH_PUSHES; push++) {
      rhythm = rhythm.after(60_000);
    }
    var push = new Stamp(new Version(0, 1, 1), 1_000_000);
    var bounds =
        new GroupBounds(
            Version.NEVER, Version.NEVER, GroupBounds.NEVER.expiry(), push, Stamp.NEVER, rhythm);
    for (boolean isLate : new boolean[] {false, true}) {
      long nowMillis = 1_000_000L + 180_000 + (isLate ? 1 : 0);
      var finder = new StoredGroupFinder(sink -> sink.group(KEY, bounds, 1, 1), () -> nowMillis);
      var query =
          new GroupFinder.Query(
              "",
              List.of(),
              GroupFinder.State.OVERDUE,
              GroupFinder.Order.NAME,
              false,
              1,
              Optional.empty());

      assertEquals(isLate ? 1 : 0, finder.find(query).rows().size());
    }
  }

  @Test
  void aPageOfLongKeysIsCutShortAndGoesOn() {
    var finder =
        new StoredGroupFinder(
            sink -> {
              for (int i = 0; i < 100; i++) {
                String job = "%03d".formatted(i) + "j".repeat(100_000);
                sink.group(new GroupingKey(Labels.of("job", job)), GroupBounds.NEVER, 1, 1);
              }
            },
            () -> 0);
    Optional<GroupFinder.Place> after = Optional.empty();
    int rows = 0;
    int pages = 0;
    do {
      var query =
          new GroupFinder.Query(
              "", List.of(), GroupFinder.State.ANY, GroupFinder.Order.NAME, false, 500, after);
      GroupFinder.Page page = finder.find(query);
      rows += page.rows().size();
      pages++;
      after = page.isMore() ? Optional.of(query.placeOf(page.rows().getLast())) : Optional.empty();
    } while (after.isPresent());
    assertEquals(100, rows);
    assertTrue(pages > 4, "pages=" + pages);
  }
}
