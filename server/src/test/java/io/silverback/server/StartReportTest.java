package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.flags.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line of the log that says what a server was started with. */
final class StartReportTest {
  private static final String HEAP = ByteSize.format(Runtime.getRuntime().maxMemory());

  @Test
  void whatIsOffIsSaidToo() {
    assertEquals(
        List.of(
            "persistence",
            "off",
            "history",
            "1h0m0s",
            "max_memory",
            "off",
            "max_heap",
            HEAP,
            "config_file",
            "off",
            "cluster",
            "off",
            "users",
            0),
        StartReport.fields(TestGateway.config("--storage.max-memory=0"), 0));
  }

  @Test
  void whatIsOnIsSaidWithItsValue(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("c.yml"), "");

    assertEquals(
        List.of(
            "persistence",
            "store",
            "history",
            "2h0m0s",
            "max_memory",
            "3GiB",
            "max_heap",
            HEAP,
            "config_file",
            file.toString(),
            "cluster",
            "node-a",
            "users",
            2),
        StartReport.fields(
            TestGateway.config(
                "--persistence.file=store",
                "--history.retention=2h",
                "--storage.max-memory=3GiB",
                "--config.file=" + file,
                "--cluster.listen-address=127.0.0.1:9094",
                "--cluster.advertise-web-address=127.0.0.1:9091",
                "--cluster.node-id=node-a"),
            2));
  }
}
