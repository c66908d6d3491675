package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Labels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;

/** Holds the rooms to their arrows: which package may know which, as docs/architecture.md draws. */
final class PackageArrowsTest {
  private static final Pattern ARROW =
      Pattern.compile("^\\s+(io\\.silverback\\.\\S+)\\s+-> (\\S+)");

  private static final String JSON = "com.fasterxml.jackson.";
  private static final String HELIDON = "io.helidon.";
  private static final String AGRONA = "org.agrona";

  /** Each room, and the prefixes of what it may import besides the JDK, jspecify and itself. */
  private static final Map<String, List<String>> MAY_IMPORT =
      Map.ofEntries(
          Map.entry("io.silverback.codec.model", List.of()),
          Map.entry(
              "io.silverback.codec.exposition",
              List.of("io.silverback.codec.model", "com.google.protobuf")),
          Map.entry("io.silverback.codec.bits", List.of(AGRONA)),
          Map.entry("io.silverback.codec.bytes", List.of("io.silverback.codec.model", AGRONA)),
          Map.entry("io.silverback.codec.gorilla", List.of("io.silverback.codec.bits", AGRONA)),
          Map.entry(
              "io.silverback.codec.row",
              List.of(
                  "io.silverback.codec.model",
                  "io.silverback.codec.exposition",
                  "io.silverback.codec.bits",
                  "io.silverback.codec.bytes",
                  "io.silverback.codec.gorilla",
                  AGRONA)),
          Map.entry(
              "io.silverback.cluster",
              List.of("io.silverback.codec.model", "io.silverback.codec.bytes")),
          Map.entry("io.silverback.cluster.peer", List.of("io.silverback.cluster")),
          Map.entry(
              "io.silverback.cluster.raft",
              List.of("io.silverback.cluster", "io.silverback.codec.", "org.apache.ratis")),
          Map.entry(
              "io.silverback.cluster.gossip",
              List.of(
                  "io.silverback.cluster",
                  "io.silverback.codec.bytes",
                  "io.scalecube.",
                  "reactor.")),
          Map.entry(
              "io.silverback.server.group", List.of("io.silverback.codec.", "com.google.re2j")),
          Map.entry(
              "io.silverback.server.storage",
              List.of(
                  "io.silverback.codec.",
                  "io.silverback.cluster",
                  "io.silverback.server.group",
                  "io.silverback.server.log",
                  "io.silverback.server.memory",
                  AGRONA,
                  "net.openhft.chronicle.")),
          Map.entry("io.silverback.server.log", List.of()),
          Map.entry("io.silverback.server.memory", List.of()),
          Map.entry(
              "io.silverback.server.web",
              List.of("io.silverback.server.log", "io.silverback.server.yaml", "at.favre.lib.")),
          Map.entry("io.silverback.server.yaml", List.of(JSON, "org.yaml.snakeyaml.")),
          Map.entry(
              "io.silverback.server.config",
              List.of(
                  "io.silverback.server.group",
                  "io.silverback.server.log",
                  "io.silverback.server.yaml")),
          Map.entry(
              "io.silverback.server.http",
              List.of(
                  "io.silverback.server.log",
                  "io.silverback.server.web",
                  "io.silverback.server.yaml",
                  HELIDON)),
          Map.entry(
              "io.silverback.server.handler",
              List.of(
                  "io.silverback.server.http",
                  "io.silverback.codec.",
                  "io.silverback.server.group",
                  "io.silverback.server.storage",
                  "io.silverback.server.log",
                  "io.silverback.server.memory",
                  "io.silverback.server.web",
                  HELIDON,
                  JSON,
                  "io.airlift.compress",
                  "io.prometheus.metrics.")),
          Map.entry(
              "io.silverback.server.transfer",
              List.of(
                  "io.silverback.codec.",
                  "io.silverback.server.group",
                  "io.silverback.server.yaml",
                  JSON,
                  "picocli")),
          Map.entry(
              "io.silverback.server.flags",
              List.of(
                  "io.silverback.codec.",
                  "io.silverback.cluster",
                  "io.silverback.server.config",
                  "io.silverback.server.group",
                  "io.silverback.server.handler",
                  "io.silverback.server.log",
                  "io.silverback.server.storage",
                  "io.silverback.server.web",
                  "io.silverback.server.yaml",
                  "picocli",
                  "com.sun.management")),
          Map.entry(
              "io.silverback.server",
              List.of("io.silverback.", HELIDON, "io.prometheus.metrics.", "com.sun.management")));

  @Test
  void everyRoomKnowsOnlyWhatItMay() throws Exception {
    var forbidden = new TreeSet<String>();
    Map<String, SortedSet<String>> arrows = arrows();
    arrows.forEach(
        (room, targets) -> {
          List<String> allowed = MAY_IMPORT.getOrDefault(room, List.of());
          for (String target : targets) {
            boolean always =
                target.startsWith("java.")
                    || target.startsWith("javax.")
                    || target.equals("org.jspecify.annotations")
                    || target.equals(room);
            if (!always && allowed.stream().noneMatch(target::startsWith)) {
              forbidden.add(room + " -> " + target);
            }
          }
        });

    assertEquals(new TreeSet<>(), forbidden);
    assertTrue(
        arrows
            .getOrDefault("io.silverback.server.handler", new TreeSet<>())
            .contains(HELIDON + "http"),
        "jdeps saw no arrow that is known to be there: " + arrows);
    var unknown = new TreeSet<>(arrows.keySet());
    unknown.removeAll(MAY_IMPORT.keySet());
    assertEquals(new TreeSet<>(), unknown);
  }

  @Test
  void storageKnowsOfTheClusterOnlyItsPortAndItsRing() throws Exception {
    var known = new TreeSet<String>();
    arrows("-verbose:class")
        .forEach(
            (type, targets) -> {
              if (type.startsWith("io.silverback.server.storage.")) {
                known.addAll(targets);
              }
            });
    known.removeIf(type -> !type.startsWith("io.silverback.cluster."));

    assertTrue(known.contains("io.silverback.cluster.HashRing"), known.toString());
    known.removeIf(type -> type.startsWith("io.silverback.cluster.ReplicaStore"));
    assertEquals(Set.of("io.silverback.cluster.HashRing"), known);
  }

  private static Map<String, SortedSet<String>> arrows() throws URISyntaxException {
    return arrows("-verbose:package");
  }

  private static Map<String, SortedSet<String>> arrows(String verbosity) throws URISyntaxException {
    var arguments = new ArrayList<String>();
    arguments.addAll(
        List.of(
            "--multi-release",
            "base",
            "--ignore-missing-deps",
            verbosity,
            "-filter:none",
            "-cp",
            System.getProperty("java.class.path")));
    arguments.add(classesOf(Labels.class).toString());
    arguments.add(classesOf(HashRing.class).toString());
    arguments.add(classesOf(Gateway.class).toString());
    var output = new StringWriter();
    var writer = new PrintWriter(output);
    int status =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(writer, writer, arguments.toArray(String[]::new));
    assertEquals(0, status, output.toString());
    var arrows = new TreeMap<String, SortedSet<String>>();
    for (String line : output.toString().lines().toList()) {
      Matcher arrow = ARROW.matcher(line);
      if (arrow.find()) {
        arrows.computeIfAbsent(arrow.group(1), _ -> new TreeSet<>()).add(arrow.group(2));
      }
    }
    return arrows;
  }

  private static Path classesOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
