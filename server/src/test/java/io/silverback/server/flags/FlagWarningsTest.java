package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told in the log at the start, as it cannot be meant so. */
final class FlagWarningsTest {
  private static final String LISTEN =
      "--cluster.listen-address=127.0.0.1:9094 --cluster.node-id=a --cluster.join=127.0.0.1:9095";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--limits.max-series=5 --limits.max-series-per-group=6 | a limit has no effect, as another"
            + " one is reached first flag limits.max-series-per-group reached_first"
            + " limits.max-series",
        "--limits.max-body-memory=1MiB | a limit has no effect, as another one is reached first flag"
            + " limits.max-body-size reached_first limits.max-body-memory",
        "--storage.max-memory=64GiB --limits.max-scrape-memory=65GiB | a limit has no effect, as"
            + " another one is reached first flag limits.max-scrape-memory reached_first"
            + " storage.max-memory",
        "--storage.max-memory=64GiB --limits.max-query-memory=65GiB | a limit has no effect, as"
            + " another one is reached first flag limits.max-query-memory reached_first"
            + " storage.max-memory",
        LISTEN
            + " --cluster.replication-factor=5 | more copies are asked for than servers are known, so"
            + " pushes have fewer flag cluster.replication-factor copies 5 servers 2",
        LISTEN
            + " --cluster.bootstrap-expect=3 --cluster.replication-factor=4 | more copies are asked"
            + " for than servers are known, so pushes have fewer flag cluster.replication-factor"
            + " copies 4 servers 3",
        LISTEN
            + " --cluster.replica-timeout=8s | a push has no time left to try another server for its"
            + " copy flag cluster.replica-timeout timeout 8s budget 8s",
      })
  void whatCannotBeMeantIsTold(String arguments, String warning) {
    assertEquals(List.of(warning), warnings(Stream.of(arguments.split(" "))));
  }

  @ParameterizedTest
  @CsvSource({
    "--limits.max-series=6 --limits.max-series-per-group=6",
    "--limits.max-series=0 --limits.max-series-per-group=6",
    "--limits.max-body-memory=64MiB",
    LISTEN + " --cluster.replication-factor=2",
    LISTEN + " --cluster.bootstrap-expect=5 --cluster.replication-factor=5",
    "--cluster.replication-factor=5",
  })
  void whatCanBeIsNotTold(String arguments) {
    assertEquals(List.of(), warnings(Stream.of(arguments.split(" "))));
  }

  @Test
  void littleMemoryIsTold() {
    String heap = ByteSize.format(Runtime.getRuntime().maxMemory());

    assertEquals(
        List.of(
            "the memory limit leaves little for groups flag storage.max-memory limit 128MiB"
                + " advised 256MiB",
            "the heap may grow beyond the memory limit, set a smaller one with SILVERBACK_JAVA_OPTS"
                + " flag storage.max-memory limit 128MiB heap "
                + heap),
        warnings(Stream.of("--storage.max-memory=128MiB")));
    assertEquals(
        List.of(
            "more heap is allowed for bodies than the process has flag limits.max-body-memory limit"
                + " 999GiB heap "
                + heap),
        warnings(Stream.of("--limits.max-body-memory=999GiB")));
  }

  @Test
  void aDiskThatIsTooSmallIsTold(@TempDir Path folder) {
    List<String> warnings =
        warnings(
            Stream.of(
                "--persistence.file=" + folder.resolve("a/b"),
                "--limits.min-free-disk=1000000000GiB"));

    assertEquals(1, warnings.size());
    assertEquals(
        "the disk is smaller than what is to stay free of it, so no push will be taken flag"
            + " limits.min-free-disk limit 1000000000GiB",
        warnings.getFirst().replaceFirst(" disk [0-9]+[KMG]iB$", ""));
  }

  private static List<String> warnings(Stream<String> arguments) {
    return assertInstanceOf(Flags.Request.Serve.class, Flags.parse(arguments.toList(), Map.of()))
        .warnings()
        .stream()
        .map(warning -> warning.sentence() + " " + String.join(" ", warning.keysAndValues()))
        .toList();
  }
}
