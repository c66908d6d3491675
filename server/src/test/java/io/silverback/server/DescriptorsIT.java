package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that may open few files. */
final class DescriptorsIT {
  @Test
  void moreConnectionsThanFilesLeaveTheServerListening(@TempDir Path folder) throws IOException {
    Path launcher = folder.resolve("few-files");
    Files.writeString(
        launcher, "#!/bin/sh\nulimit -n 1024\nexec '" + RunningGateway.launcher() + "' \"$@\"\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    var open = new ArrayList<OpenRequest>();
    try (var gateway = RunningGateway.start(launcher.toString(), Map.of())) {
      assertTrue(
          gateway
              .send("GET", "/metrics", "")
              .body()
              .contains("silverback_limit_max{limit=\"limits.max-connections\"} 768\n"));
      int port = gateway.uri("/").getPort();
      for (int i = 0; i < 1100; i++) {
        open.add(new OpenRequest(port));
      }

      assertEquals(200, gateway.send("PUT", "/metrics/job/good", "a 1\n").statusCode());
      for (OpenRequest request : open) {
        request.close();
      }
      assertEquals(200, gateway.send("GET", "/-/healthy", "").statusCode());
    }
  }
}
