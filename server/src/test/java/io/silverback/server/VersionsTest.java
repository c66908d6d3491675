package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the table of formats in {@code docs/versions.md} to the code. */
final class VersionsTest {
  private static final Path ROOT = Path.of("..");
  private static final List<String> MODULES = List.of("codec", "cluster", "server");
  private static final String HOUSE = "io.silverback.";

  private static final Pattern ROW =
      Pattern.compile("\\| (.+) \\| (\\d+) \\| (\\d+) \\| (.+) \\| (.+) \\| (.+) \\|");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** A format is a letter where there is a version beside it. */
  private static final Pattern CONSTANT =
      Pattern.compile("\\b(?:int|byte) (VERSION|FORMAT) = [0-9]");

  /** One line of the table. */
  private record Row(int written, int oldest, List<String> constants, List<String> proofs) {}

  private static List<Row> rows() throws IOException {
    var rows = new ArrayList<Row>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/versions.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        rows.add(
            new Row(
                Integer.parseInt(row.group(2)),
                Integer.parseInt(row.group(3)),
                codes(row.group(4)),
                codes(row.group(6))));
      }
    }
    return rows;
  }

  private static List<String> codes(String cell) {
    return CODE.matcher(cell).results().map(code -> code.group(1)).toList();
  }

  private static int valueOf(String className, String field) throws ReflectiveOperationException {
    Field constant = Class.forName(className).getDeclaredField(field);
    constant.setAccessible(true);
    return ((Number) constant.get(null)).intValue();
  }

  @Test
  void theTableSaysWhatThisBuildWritesAndReads() throws Exception {
    for (Row row : rows()) {
      String constant = row.constants().getFirst();
      int dot = constant.lastIndexOf('.');
      String className = HOUSE + constant.substring(0, dot);
      assertEquals(row.written(), valueOf(className, constant.substring(dot + 1)), constant);
      assertTrue(row.oldest() <= row.written(), constant);
      if (row.constants().size() > 1) {
        assertEquals(row.oldest(), valueOf(className, row.constants().get(1)), constant);
      } else if (row.oldest() < row.written()) {
        assertTrue(!row.proofs().isEmpty(), constant + " is said to be read, by no test");
      }
    }
  }

  @Test
  void everyFormatWithAVersionHasARow() throws Exception {
    Set<String> documented = new TreeSet<>();
    rows().forEach(row -> documented.add(row.constants().getFirst()));
    Set<String> coded = new TreeSet<>();
    for (Path source : sources("main")) {
      for (MatchResult constant : CONSTANT.matcher(Files.readString(source)).results().toList()) {
        String path = source.toString().replace('/', '.');
        String className = path.substring(path.indexOf(HOUSE) + HOUSE.length());
        coded.add(className.replaceAll("java$", "") + constant.group(1));
      }
    }
    assertEquals(coded, documented);
  }

  @Test
  void everyTestThatIsNamedAsAProofIsThere() throws Exception {
    List<Path> tests = sources("test");
    for (Row row : rows()) {
      for (String proof : row.proofs()) {
        String[] parts = proof.split("#", 2);
        Path test =
            tests.stream().filter(it -> it.endsWith(parts[0] + ".java")).findFirst().orElseThrow();
        assertTrue(Files.readString(test).contains("void " + parts[1] + "("), proof);
      }
    }
  }

  private static List<Path> sources(String kind) throws IOException {
    var sources = new ArrayList<Path>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src").resolve(kind))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    return sources;
  }
}
