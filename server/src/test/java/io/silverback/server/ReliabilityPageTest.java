package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/reliability.md} names as a proof is in the repository. */
final class ReliabilityPageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern PROOF = Pattern.compile("`(\\w+(?:Test|IT))(?:#(\\w+))?`");
  private static final Pattern PROGRAM = Pattern.compile("`bench/bin/([\\w-]+)([^`]*)`");
  private static final Pattern FLAG = Pattern.compile("--[a-z-]+");

  @Test
  void eachTestThatItNamesExists() throws IOException {
    Map<String, Path> tests = tests();
    var missing = new ArrayList<String>();
    var proofs = PROOF.matcher(page()).results().toList();
    assertTrue(proofs.size() > 50, proofs::toString);
    for (var proof : proofs) {
      Path test = tests.get(proof.group(1));
      String method = proof.group(2);
      if (test == null
          || (method != null && !Files.readString(test).contains("void " + method + "("))) {
        missing.add(proof.group());
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void eachProgramThatItNamesExistsAndHasTheFlags() throws IOException {
    var missing = new ArrayList<String>();
    var programs = PROGRAM.matcher(page()).results().toList();
    assertTrue(programs.size() > 20, programs::toString);
    for (var program : programs) {
      Path file = ROOT.resolve("bench/bin").resolve(program.group(1));
      if (!Files.isExecutable(file)) {
        missing.add(program.group());
        continue;
      }
      String text = Files.readString(file);
      for (var flag : FLAG.matcher(program.group(2)).results().toList()) {
        if (!text.contains(flag.group())) {
          missing.add(program.group(1) + " " + flag.group());
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  private static String page() throws IOException {
    return Files.readString(ROOT.resolve("docs/reliability.md"));
  }

  private static Map<String, Path> tests() throws IOException {
    var files = new ArrayList<Path>();
    for (String module : List.of("codec", "cluster", "server")) {
      try (Stream<Path> found = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        found.filter(file -> file.toString().matches(".*(Test|IT)\\.java")).forEach(files::add);
      }
    }
    return files.stream()
        .collect(
            Collectors.toMap(
                file -> file.getFileName().toString().replace(".java", ""),
                Function.identity(),
                (one, another) -> one));
  }
}
