package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.flags.CheckConfig;
import io.silverback.server.flags.Flags;
import io.silverback.server.flags.LiveConfig;
import io.silverback.server.flags.StartUpException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of {@code --config.file}: what it sets, and what happens when it changes. */
final class ConfigReloadTest {
  @TempDir private Path folder;

  @Test
  void commandLineBeatsEnvironmentBeatsFile() throws IOException {
    write("flags:\n  log.level: warn\n  log.format: json\n  shutdown.timeout: 3s\n");
    var environment =
        Map.of("SILVERBACK_LOG_FORMAT", "logfmt", "SILVERBACK_CONFIG_FILE", file().toString());
    var serve =
        assertInstanceOf(
            Flags.Request.Serve.class, Flags.parse(List.of("--log.level=error"), environment));
    assertEquals("error", serve.logLevel());
    assertEquals("logfmt", serve.logFormat());
    assertEquals(Duration.ofSeconds(3), serve.config().shutdownTimeout());
  }

  @Test
  void theGlobalRuleComesAfterThoseOfTheFile() throws IOException {
    write("staleness: [{preset: flink, ttl: 1m}]\nflags: {staleness.missed-pushes: 7}\n");
    LiveConfig live = live("--staleness.ttl=10m");
    assertEquals(2, live.staleness().rules().size());
    assertEquals(Duration.ofMinutes(10), live.staleness().rules().getLast().ttl());
    assertEquals(7, live.staleness().rules().getLast().missedPushes());
  }

  @Test
  void aBrokenFileEndsTheStartInOneLine() throws IOException {
    write("staleness:\n  - ttl: soon\n  - ttl: 0s\n");
    var e = assertThrows(StartUpException.class, () -> live());
    assertEquals(
        "--config.file: expected a duration such as 1m30s: file="
            + file()
            + " line=2 key=staleness[0].ttl (and 1 more, see silverback check-config)",
        e.getMessage());
  }

  @Test
  void aReloadTakesNewRulesAndABadOneKeepsTheOld() throws IOException {
    write("staleness: [{ttl: 5m}]");
    try (var gateway = TestGateway.start("--web.enable-lifecycle", flag())) {
      assertEquals(List.of("silverback_config_last_reload_successful 1"), success(gateway));
      write("staleness: [{ttl: 1h}]");
      Answer good = gateway.send("POST", "/-/reload", "");
      assertEquals(200, good.status());
      assertEquals("", good.text());
      JsonNode sound = inForce(gateway);
      assertEquals(file().toString(), sound.path("file").asText());
      assertTrue(sound.path("latest").asBoolean());

      write("staleness: [{til: 1h}]");
      Answer bad = gateway.send("PUT", "/-/reload", "");
      assertEquals(500, bad.status());
      assertTrue(bad.text().startsWith("failed to reload config: "), bad.text());
      assertTrue(bad.text().contains("line=1 key=staleness[0].til"), bad.text());
      assertEquals(List.of("silverback_config_last_reload_successful 0"), success(gateway));
      assertFalse(inForce(gateway).path("latest").asBoolean(true));
      assertEquals(sound.path("read"), inForce(gateway).path("read"));

      write("");
      assertEquals(200, gateway.send("POST", "/-/reload", "").status());
      assertEquals(List.of("silverback_config_last_reload_successful 1"), success(gateway));
      assertFalse(
          gateway.exposed("silverback_config_last_reload_success_timestamp_seconds ").isEmpty());
      assertEquals(405, gateway.get("/-/reload").status());
    }
  }

  @Test
  void rulesChangeWithoutARestartAndOtherFlagsDoNot() throws IOException {
    write("staleness: [{ttl: 5m}]\n");
    LiveConfig live = live();
    write("flags: {staleness.ttl: 7m, log.level: debug}\n");
    assertTrue(live.reload().isEmpty());
    assertEquals(Duration.ofMinutes(7), live.staleness().rules().getFirst().ttl());
    write("staleness: 1\n");
    assertTrue(live.reload().isPresent());
    assertFalse(live.lastSucceeded());
    assertEquals(Duration.ofMinutes(7), live.staleness().rules().getFirst().ttl());
  }

  @Test
  void reloadNeedsTheLifecycleFlagAndAFile() throws IOException {
    try (var gateway = TestGateway.start()) {
      Answer answer = gateway.send("POST", "/-/reload", "");
      assertEquals(403, answer.status());
      assertEquals("Lifecycle API is not enabled.", answer.text());
      assertEquals(List.of(), success(gateway));
    }
    try (var gateway = TestGateway.start("--web.enable-lifecycle")) {
      assertEquals(400, gateway.send("POST", "/-/reload", "").status());
    }
  }

  @Test
  void checkConfigTellsEachProblemInALine() throws IOException {
    write("flags:\n  log.level: loud\n  no.such: 1\n  config.file: x\n  log.format: [a, b]\n");
    assertEquals(
        """
        1
        --log.level must be one of debug, info, warn, error: log.level=loud: file=F line=2 key=flags.log.level
        unknown flag, try --help: file=F line=3 key=flags.no.such
        a file cannot name another one: file=F line=4 key=flags.config.file
        expected a single value: file=F line=5 key=flags.log.format
        """,
        checked());
    write("x: 1\nstaleness: [{}]\n");
    assertEquals(
        """
        1
        unknown key: file=F line=1 key=x
        needs ttl, missed_pushes or never_expire: file=F line=2 key=staleness[0]
        """,
        checked());
    write("flags: {staleness.ttl: 5m}\nstaleness: [{preset: flink, missed_pushes: 3}]\n");
    assertEquals(
        "0\nok: staleness rules=1 flags=1 rewrite rules=0 remote write targets=0\n", checked());
  }

  @Test
  void checkConfigKnowsWhatRemoteWriteNeeds() throws IOException {
    write(
        "remote_write: [{url: 'http://h/w', name: n, queue_config: {capacity: 9}, metadata_config: {}}]\n");
    assertEquals(
        """
        0
        ok: staleness rules=0 flags=0 rewrite rules=0 remote write targets=1
        note: keys of a remote_write that change nothing here: remote_name=n keys=queue_config.capacity
        """,
        checked());
    write("remote_write: [{url: 'http://h/w'}]\nflags: {history.retention: 0s}\n");
    assertEquals(
        "1\nremote_write sends from the history, raise --history.retention above 0s: file=F\n",
        checked());
    assertThrows(StartUpException.class, () -> live());
  }

  private String checked() {
    var text = new ByteArrayOutputStream();
    var out = new PrintStream(text, true, StandardCharsets.UTF_8);
    int code = CheckConfig.run(List.of("check-config", file().toString()), Map.of(), out, out);
    return code + "\n" + text.toString(StandardCharsets.UTF_8).replace(file().toString(), "F");
  }

  private LiveConfig live(String... arguments) {
    List<String> all = Stream.concat(Stream.of(flag()), Stream.of(arguments)).toList();
    return assertInstanceOf(Flags.Request.Serve.class, Flags.parse(all, Map.of())).config().live();
  }

  private static JsonNode inForce(TestGateway gateway) throws IOException {
    return new JsonMapper()
        .readTree(gateway.get("/api/v1/server").text())
        .path("data")
        .path("config");
  }

  private static List<String> success(TestGateway gateway) throws IOException {
    return gateway.exposed("silverback_config_last_reload_successful ").stream()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  private void write(String text) throws IOException {
    Files.writeString(file(), text);
  }

  private String flag() {
    return "--config.file=" + file();
  }

  private Path file() {
    return folder.resolve("silverback.yml");
  }
}
