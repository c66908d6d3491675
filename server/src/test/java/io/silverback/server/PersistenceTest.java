package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder of {@code --persistence.file}, as an operator meets it. */
final class PersistenceTest {
  @TempDir Path folder;

  @Test
  void aSecondServerIsKeptFromTheStoreOfAnother() throws IOException {
    try (var _ = start(folder)) {
      var refused = assertThrows(StartUpException.class, () -> start(folder));
      assertEquals(
          "--persistence.file: the store is used by another process, stop it or take another"
              + " folder: folder="
              + folder,
          refused.getMessage());
    }
    start(folder).close();
  }

  @Test
  void aFileInThePlaceOfTheStoreIsKeptAside() throws IOException {
    Path store = folder.resolve("data");
    Files.writeString(store, "something else and so on");
    try (var gateway = start(store)) {
      gateway.send("PUT", "/metrics/job/a", "x 1\n");
    }
    List<Path> aside =
        list(folder).stream().filter(path -> path.toString().contains("set-aside")).toList();
    assertEquals(1, aside.size(), aside::toString);
    assertTrue(Files.readString(aside.getFirst()).contains("and so on"));
    try (var gateway = start(store)) {
      assertEquals(List.of("x{instance=\"\",job=\"a\"} 1"), shown(gateway));
    }
  }

  /** Its metrics would be lost otherwise. */
  @Test
  void aDamagedFileOfAPushgatewayIsAReasonNotToStart() throws IOException {
    Path store = folder.resolve("data");
    String damaged = "\u0001GroupingKeyToMetricGroup\u0002 and so on";
    Files.writeString(store, damaged);
    var refused = assertThrows(StartUpException.class, () -> start(store));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("set --persistence.start-empty"), message);
    assertEquals(damaged, Files.readString(store));
    try (var gateway = start(store, "--persistence.start-empty")) {
      assertEquals(List.of(), shown(gateway));
    }
    assertEquals(2, list(folder).size(), "it is kept aside");
  }

  /** As it was before the end of a start that had renamed it. */
  @Test
  void aTakeOverThatWasCutShortIsDoneByTheNextStart() throws IOException {
    Path store = folder.resolve("data");
    fileOfAPushgateway(folder.resolve("data.taking-over"));
    try (var gateway = start(store)) {
      assertEquals(List.of("b{instance=\"\",job=\"two\"} 2"), gateway.exposed("b{"));
    }
    assertEquals(List.of(), list(folder, "data.taking-over"));
    assertEquals(1, list(folder, "data.set-aside-").size());
  }

  @Test
  void whatALimitRefusesOfAPushgatewaysFileIsLeftOutAndTheFileIsKept() throws IOException {
    Path store = folder.resolve("data");
    fileOfAPushgateway(store);
    try (var gateway = start(store, "--limits.max-groups=1")) {
      assertEquals(1, gateway.exposed("push_time_seconds{").size());
    }
    assertEquals(1, list(folder, "data.set-aside-").size());
  }

  /** Its groups may be those of other nodes, too. */
  @Test
  void aNodeOfAClusterKeepsThePushgatewaysFileAndDoesNotReadIt() throws IOException {
    Path store = folder.resolve("data");
    fileOfAPushgateway(store);
    try (var cluster = LocalCluster.startWith(1, "--persistence.file=" + store)) {
      assertFalse(cluster.get(0, "/metrics").text().contains("job=\"two\""));
    }
    assertEquals(1, list(folder, "data.set-aside-").size());
  }

  private static void fileOfAPushgateway(Path file) throws IOException {
    String name = "/pushgateway/two-groups.data";
    try (InputStream in = Objects.requireNonNull(PersistenceTest.class.getResourceAsStream(name))) {
      Files.copy(in, file);
    }
  }

  private static List<Path> list(Path folder, String prefix) throws IOException {
    return list(folder).stream()
        .filter(path -> path.getFileName().toString().startsWith(prefix))
        .toList();
  }

  @Test
  void aStoreOfANewerFormatIsLeftAlone() throws IOException {
    Path newer = folder.resolve("v7-00000003-1122334455667788");
    Files.createDirectories(newer);
    Files.writeString(newer.resolve("groups"), "who knows");
    var refused = assertThrows(StartUpException.class, () -> start(folder));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("format=7 newestKnown=3"), refused::toString);
    assertEquals("who knows", Files.readString(newer.resolve("groups")));
  }

  @Test
  void aDamagedFileCostsWhatLayInItAndIsKeptAside() throws IOException {
    try (var gateway = start(folder)) {
      for (int i = 0; i < 20; i++) {
        gateway.send("PUT", "/metrics/job/a/i/" + i, "x 1\n");
      }
    }
    Path groups = generation(folder).resolve("groups");
    flipBitsBehind("\u0001i\u000213", groups);
    try (var gateway = start(folder)) {
      assertEquals(19, shown(gateway).size());
      assertTrue(gateway.exposed("i=\"13\"").isEmpty());
    }
    awaitAside();
  }

  @Test
  void aCopyThatIsMadeWhileItServesCanBeStartedFrom() throws IOException {
    String name;
    try (var gateway = start(folder, "--web.enable-admin-api")) {
      gateway.send("PUT", "/metrics/job/a", "x 1\n");
      gateway.send("PUT", "/metrics/job/a", "x 2\n");
      Answer answer = gateway.send("POST", "/api/v1/admin/snapshot", "");
      assertEquals(200, answer.status(), answer::text);
      name = answer.text().replaceAll("(?s).*\"name\":\"([^\"]+)\".*", "$1");
      gateway.send("PUT", "/metrics/job/a", "x 3\n");
    }
    try (var gateway = start(folder.resolve("snapshots").resolve(name))) {
      assertEquals(List.of("x{instance=\"\",job=\"a\"} 2"), shown(gateway));
      Answer history = gateway.get("/api/v1/history?match[]=x");
      assertTrue(history.text().contains("\"1\"],["), history::text);
    }
  }

  @Test
  void aStoreThatIsNotOpenYetMakesTheServerUnready() throws IOException {
    UnaryOperator<MetricStore> recovering =
        store ->
            new FrontStore(store) {
              @Override
              public Optional<String> whyNotReady() {
                return Optional.of("the store is being recovered");
              }
            };
    try (var gateway = TestGateway.start(recovering)) {
      Answer answer = gateway.get("/-/ready");
      assertEquals(503, answer.status());
      assertEquals("the store is being recovered\n", answer.text());
      assertEquals(200, gateway.get("/-/healthy").status());
    }
  }

  @Test
  void aServerWhoseFolderIsTakenAwaySaysSo() throws IOException {
    Path store = folder.resolve("store");
    try (var gateway = start(store)) {
      gateway.send("PUT", "/metrics/job/a", "x 1\n");
      assertEquals(200, gateway.get("/-/ready").status());
      Files.move(store, folder.resolve("elsewhere"));
      Answer answer = gateway.get("/-/ready");
      for (int i = 0; i < 300 && answer.status() == 200; i++) {
        RunningProcess.pause(Duration.ofMillis(100));
        answer = gateway.get("/-/ready");
      }
      assertEquals(503, answer.status());
      assertTrue(
          answer
              .text()
              .matches(
                  "(?s)the store cannot go on with a chore, see the log: chore=(disk|files) .*"),
          answer::text);
      assertEquals(200, gateway.get("/-/healthy").status());
    }
  }

  @Test
  void itIsShownWhenEachChoreLastWentWell() throws IOException {
    try (var gateway = start(folder)) {
      for (String chore :
          List.of("flush", "disk", "files", "cleanup", "memory", "sweep", "staleness")) {
        String label = "{chore=\"" + chore + "\"}";
        List<String> last =
            gateway.exposed("silverback_chore_last_success_timestamp_seconds" + label);
        assertEquals(1, last.size(), chore);
        double seconds = Double.parseDouble(last.getFirst().split(" ", -1)[1]);
        assertEquals(System.currentTimeMillis() / 1e3, seconds, 30, chore);
        assertEquals(
            List.of("silverback_chore_failures_total" + label + " 0"),
            gateway.exposed("silverback_chore_failures_total" + label));
      }
    }
  }

  @Test
  void theRoomOfTheDiskAndTheLastEndAreShown() throws IOException {
    try (var gateway = start(folder)) {
      assertEquals(
          List.of("silverback_last_end_clean 1"), values(gateway, "silverback_last_end_clean"));
      assertEquals(
          List.of("silverback_disk_start_bytes 5.0331648e+07"),
          values(gateway, "silverback_disk_start_bytes"));
      gateway.send("PUT", "/metrics/job/a", "x 1\n");
      List<String> free = values(gateway, "silverback_disk_free_bytes");
      assertEquals(1, free.size(), free::toString);
      assertEquals(
          (double) Files.getFileStore(folder).getUsableSpace(),
          Double.parseDouble(free.getFirst().split(" ", -1)[1]),
          1e9);
    }
    try (var gateway = TestGateway.start()) {
      assertEquals(List.of(), values(gateway, "silverback_last_end_clean"));
      assertEquals(List.of(), values(gateway, "silverback_disk_free_bytes"));
    }
  }

  private static List<String> values(TestGateway gateway, String name) throws IOException {
    return gateway.exposed(name).stream().filter(line -> line.startsWith(name)).toList();
  }

  @Test
  void withoutFilesThereIsNothingToCopy() throws IOException {
    try (var gateway = TestGateway.start("--web.enable-admin-api")) {
      Answer answer = gateway.send("POST", "/api/v1/admin/snapshot", "");
      assertEquals(400, answer.status());
      assertEquals(
          "there are no files to copy, start with --persistence.file=FOLDER\n", answer.text());
    }
  }

  private static TestGateway start(Path store, String... flags) {
    return TestGateway.start(
        Stream.concat(Stream.of("--persistence.file=" + store), Stream.of(flags))
            .toArray(String[]::new));
  }

  private static List<String> shown(TestGateway gateway) throws IOException {
    return gateway.exposed("x{i");
  }

  private static Path generation(Path store) throws IOException {
    return list(store).stream()
        .filter(path -> path.getFileName().toString().startsWith("v3-"))
        .findAny()
        .orElseThrow();
  }

  private void awaitAside() throws IOException {
    for (int i = 0; i < 100; i++) {
      if (list(folder).stream().anyMatch(path -> path.toString().contains("set-aside"))) {
        return;
      }
      RunningProcess.pause(Duration.ofMillis(100));
    }
    throw new AssertionError("nothing was kept aside: " + list(folder));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Flips a bit of the byte after each place in the file with the text. */
  private static void flipBitsBehind(String text, Path path) throws IOException {
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      byte[] block = new byte[1 << 20];
      boolean flipped = false;
      for (long at = 0; at < file.length(); at += block.length - wanted.length) {
        file.seek(at);
        int length = file.read(block);
        for (int i = 0; i < length - wanted.length; i++) {
          int end = i + wanted.length;
          if (block[i] == wanted[0] && Arrays.equals(block, i, end, wanted, 0, wanted.length)) {
            file.seek(at + end);
            file.write(block[end] ^ 1);
            flipped = true;
          }
        }
      }
      assertTrue(flipped, "not there: text=" + text);
    }
  }
}
