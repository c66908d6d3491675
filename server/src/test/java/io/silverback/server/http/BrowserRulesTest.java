package io.silverback.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What browsers are told about answers. */
final class BrowserRulesTest {
  private TestGateway gateway = TestGateway.start("--web.enable-admin-api");

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/status, 200",
    "GET, /api/v1/metrics, 200",
    "GET, /api/v1/history?match[]=up, 200",
    "GET, /api/v1/history, 400",
    "GET, /api/v1/admin/top, 200",
    "GET, /api/v1/cluster, 200",
    "GET, /api/v1/cluster/http_sd, 200",
    "POST, /api/v1/admin/delete_groups, 400"
  })
  void nothingInDataMayBeRunOrFramed(String method, String path, int status) throws IOException {
    Answer answer = gateway.send(method, path, "");

    assertEquals(status, answer.status());
    assertEquals("application/json", answer.header("Content-Type").orElseThrow());
    assertEquals(
        "default-src 'none'; frame-ancestors 'none'",
        answer.header("Content-Security-Policy").orElseThrow());
    assertEquals("nosniff", answer.header("X-Content-Type-Options").orElseThrow());
    assertEquals(
        "no-cache, no-store, must-revalidate", answer.header("Cache-Control").orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/status"})
  void thePageMayUseItsOwnFilesAndNothingElse(String path) throws IOException {
    Answer page = gateway.get(path);

    assertEquals(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src"
            + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'",
        page.header("Content-Security-Policy").orElseThrow());
    assertEquals("nosniff", page.header("X-Content-Type-Options").orElseThrow());
    for (String forbidden : new String[] {"<style", " style=", "<script>", "<img", "<form", "//"}) {
      assertFalse(page.text().contains(forbidden), forbidden);
    }
  }

  @Test
  void theFilesOfThePageAreKeptForEverAndSentCompressed() throws IOException {
    String page = gateway.get("/").text();
    int compressed = 0;
    for (String link : page.split("(href|src)=\"", -1)) {
      if (!link.startsWith("/static/")) {
        continue;
      }
      String path = link.substring(0, link.indexOf('"'));
      Answer packed = gateway.get(path, "Accept-Encoding: gzip");
      assertEquals(200, packed.status(), path);
      assertEquals("gzip", packed.header("Content-Encoding").orElseThrow());
      assertEquals("Accept-Encoding", packed.header("Vary").orElseThrow());
      assertEquals("nosniff", packed.header("X-Content-Type-Options").orElseThrow());
      assertEquals(
          "public, max-age=31536000, immutable", packed.header("Cache-Control").orElseThrow());
      compressed += length(packed);
      assertTrue(length(gateway.get(path)) > length(packed) / 2, path);
      assertEquals(
          "no-cache",
          gateway
              .get(path.replaceFirst("/static/[0-9a-f]+/", "/static/of-another-version/"))
              .header("Cache-Control")
              .orElseThrow());
    }
    assertTrue(compressed > 10_000 && compressed < 60_000, "compressed=" + compressed);
    assertEquals(404, gateway.get("/static/x/other.js").status());
  }

  private static int length(Answer answer) {
    return Integer.parseInt(answer.header("Content-Length").orElseThrow());
  }

  @Test
  void theWebConfigurationFileWins(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("web.yml");
    Files.writeString(
        file, "http_server_config: {headers: {Content-Security-Policy: \"frame-ancestors *\"}}\n");
    try (var other = TestGateway.start("--web.config.file=" + file)) {
      for (String path : new String[] {"/", "/api/v1/status"}) {
        Answer answer = other.get(path);

        assertEquals(
            1,
            answer.headerLines().stream()
                .filter(line -> line.startsWith("Content-Security-Policy:"))
                .count());
        assertEquals("frame-ancestors *", answer.header("Content-Security-Policy").orElseThrow());
        assertEquals("nosniff", answer.header("X-Content-Type-Options").orElseThrow());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/status, true",
    "GET, /api/v1/metrics, true",
    "OPTIONS, /api/v1/admin/delete_groups, true",
    "GET, /api/v1/history?match[]=up, false",
    "GET, /api/v1/admin/top, false",
    "GET, /api/v1/cluster, false",
    "POST, /api/v1/admin/delete_groups, false",
    "POST, /api/v1/admin/snapshot, false"
  })
  void pagesOfOtherSitesMayReadWhatTheyMayReadWithUpstream(
      String method, String path, boolean allowed) throws IOException {
    assertEquals(
        allowed ? Optional.of("*") : Optional.empty(),
        gateway.send(method, path, "").header("Access-Control-Allow-Origin"));
  }
}
