package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenProbesTest {
  private static final String USERS =
      "basic_auth_users: {ada: '$2y$04$hIKIDzyvAV2gkdBhEDxt/uVMFuiNOOfpvTgyVS9X1r3jB4XmhA2pC'}\n";

  @TempDir private Path folder;

  @Test
  void aProbeNeedsAPasswordUnlessTheFlagSaysOtherwise() throws IOException {
    try (var gateway = TestGateway.start(users())) {
      assertEquals(401, gateway.get("/-/healthy").status());
      assertEquals(401, gateway.get("/-/ready").status());
    }
    try (var gateway = TestGateway.start(users(), "--web.open-probes")) {
      assertEquals(200, gateway.get("/-/healthy").status());
      assertEquals(200, gateway.get("/-/ready").status());
    }
    try (var gateway =
        TestGateway.start(users(), "--web.open-probes", "--web.route-prefix=/push")) {
      assertEquals(200, gateway.get("/push/-/ready").status());
      assertEquals(401, gateway.get("/-/ready").status());
    }
  }

  @Test
  void noOtherPathIsOpenWithTheProbes() throws IOException {
    var others =
        List.of(
            "/metrics",
            "/-/metrics",
            "/-/ready/",
            "//-/ready",
            "/-/ready/../../metrics",
            "/-/healthy%2f..%2f..%2fmetrics",
            "/-/reload",
            "/api/v1/status");
    try (var gateway = TestGateway.start(users(), "--web.open-probes")) {
      for (String path : others) {
        assertEquals(401, gateway.get(path).status(), path);
      }
    }
  }

  private String users() throws IOException {
    return "--web.config.file=" + Files.writeString(folder.resolve("web.yml"), USERS);
  }
}
