package io.silverback.server.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the metrics say why requests were refused, over HTTP. */
final class RefusalReasonTest {
  private static final String CREDENTIALS = "Authorization: Basic YWxpY2U6czNjcmV0LXB3";

  @Test
  void aRefusalSaysItsReason() throws IOException {
    try (var gateway = TestGateway.start()) {
      gateway.send("PUT", "/metrics/job/a", "a{ 1\n");
      gateway.send("PUT", "/metrics/job@base64/!", "a 1\n");
      gateway.send("DELETE", "/metrics/job@base64/!", "");
      gateway.send("PUT", "/metrics/job/a", "# TYPE b counter\nb 1\n");
      gateway.send("PUT", "/metrics/job/b", "# TYPE b gauge\nb 1\n");
      gateway.send("PUT", "/metrics/job/b", "b 1\n", "Origin: https://other.example");
      gateway.get("/metrics%zz");
      gateway.get("/api/v1/history");
      gateway.get("/api/v1/admin/top?limit=0");
      gateway.get("/favicon.ico");
      gateway.send("PATCH", "/metrics", "");
      gateway.send("PUT", "/-/quit", "");
      gateway.exchange("GET /\r\n\r\n");

      var counts = new TreeMap<String, String>();
      for (RefusalReason reason : RefusalReason.values()) {
        String line = gateway.exposed("{reason=\"" + reason.label() + "\"}").getFirst();
        String count = line.substring(line.lastIndexOf(' ') + 1);
        if (!count.equals("0")) {
          counts.put(reason.label(), count);
        }
      }
      assertEquals(
          "{disabled=1, foreign_page=1, inconsistent=1, malformed_body=1, malformed_key=2,"
              + " malformed_parameter=2, malformed_path=1, malformed_request=1, unknown_path=1,"
              + " wrong_method=1}",
          counts.toString());
    }
  }

  @Test
  void whatTheWebConfigurationDoesNotLetInIsCounted(@TempDir Path folder) throws IOException {
    // Of the password in CREDENTIALS.
    String hash = "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";
    Path file =
        Files.writeString(
            folder.resolve("web.yml"), "basic_auth_users: {alice: '%s'}\n".formatted(hash));
    try (var gateway = TestGateway.start("--web.config.file=" + file)) {
      assertEquals(401, gateway.send("PUT", "/metrics/job/a", "a 1\n").status());

      String page = gateway.get("/metrics", CREDENTIALS).text();
      assertTrue(
          page.contains("silverback_refused_requests_total{reason=\"unauthorized\"} 1\n"), page);
    }
  }
}
