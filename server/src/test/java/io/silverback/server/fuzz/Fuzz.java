package io.silverback.server.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where Jazzer, a fuzzer that is led by coverage, meets a target; see {@code bench/bin/fuzz}. */
public final class Fuzz {
  private static FuzzTarget target = FuzzTarget.TEXT;

  private Fuzz() {}

  /**
   * Called by Jazzer before all else.
   *
   * @param arguments the target
   */
  public static void fuzzerInitialize(String[] arguments) {
    target = FuzzTarget.valueOf(arguments[0]);
    target.prepare();
  }

  /** Called by Jazzer with each input. */
  public static void fuzzerTestOneInput(byte[] input) {
    target.read(input);
  }

  /** Prints the targets, or writes the seeds of one into a folder. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      for (FuzzTarget each : FuzzTarget.values()) {
        System.out.println(each);
      }
      return;
    }
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    List<byte[]> seeds = FuzzSeeds.of(FuzzTarget.valueOf(arguments[0]));
    for (int i = 0; i < seeds.size(); i++) {
      Files.write(folder.resolve("seed" + i), seeds.get(i));
    }
  }
}
