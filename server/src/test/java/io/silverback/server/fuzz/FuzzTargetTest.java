package io.silverback.server.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All targets, with what was found once and with mutations of their seeds; {@code bench/bin/fuzz}
 * looks for more for as long as there is time.
 */
final class FuzzTargetTest {
  private static final long NANOS_EACH = 2_000_000_000L;
  private static final Path FINDS = Path.of("src/test/resources/io/silverback/server/fuzz");
  private static final Path FOUND = Path.of("target/fuzz");

  @ParameterizedTest
  @EnumSource
  void whatWasFoundOnceIsHandledNow(FuzzTarget target) throws IOException {
    target.prepare();
    for (byte[] find : finds(target)) {
      target.read(find);
    }
  }

  @ParameterizedTest
  @EnumSource
  void seedsAndWhatIsMadeOfThemAreHandled(FuzzTarget target) throws IOException {
    long seed = Long.getLong("fuzz.seed", 20_261_129L);
    System.out.println("target=" + target + " seed=" + seed);
    var random = new Random(seed);
    var mutator = new Mutator(random, FuzzSeeds.PIECES);
    List<byte[]> seeds =
        Stream.concat(FuzzSeeds.of(target).stream(), finds(target).stream()).toList();
    assertFalse(seeds.isEmpty());
    target.prepare();
    seeds.forEach(target::read);
    long start = System.nanoTime();
    int rounds = 0;
    while (System.nanoTime() - start < NANOS_EACH) {
      byte[] input = mutator.mutated(seeds.get(random.nextInt(seeds.size())));
      try {
        target.read(input);
      } catch (RuntimeException | Error e) {
        Files.createDirectories(FOUND);
        Path file = Files.write(FOUND.resolve(target + "-" + seed + "-" + rounds), input);
        throw new AssertionError("found something, move it to " + FINDS + ": file=" + file, e);
      }
      rounds++;
    }
    assertTrue(rounds > 0);
  }

  private static List<byte[]> finds(FuzzTarget target) throws IOException {
    Path folder = FINDS.resolve(target.name().toLowerCase(Locale.ROOT));
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      var finds = new ArrayList<byte[]>();
      for (Path file : files.sorted().toList()) {
        finds.add(Files.readAllBytes(file));
      }
      return finds;
    }
  }
}
