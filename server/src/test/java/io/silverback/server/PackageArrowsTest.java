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

  private static final String HOUSE = "io.silverback.";
  private static final String JSON = "com.fasterxml.jackson.";
  private static final String HELIDON = "io.helidon.";
  private static final String AGRONA = "org.agrona";

  private static final String METRICS = "io.prometheus.metrics.";

  /** More classes than that are no room any more. */
  private static final int MOST_CLASSES = 30;

  /** One format each of many that are alike, and one handler for each endpoint. */
  private static final Set<String> MAY_BE_LARGER =
      Set.of("io.silverback.codec.exposition", "io.silverback.server.handler");

  /**
   * What a room imports besides the JDK, jspecify and itself.
   *
   * @param rooms exactly those
   * @param libraries prefixes of packages
   */
  private record Imports(Set<String> rooms, List<String> libraries) {
    boolean allows(String target) {
      return rooms.contains(target)
          || libraries.stream().anyMatch(target::startsWith)
          || target.startsWith("java.")
          || target.startsWith("javax.")
          || target.equals("org.jspecify.annotations");
    }
  }

  private static final Map<String, Imports> MAY_IMPORT =
      Map.ofEntries(
          room("codec.bits", "", AGRONA),
          room("codec.bytes", "codec.model", AGRONA),
          room("codec.exposition", "codec.model", "com.google.protobuf"),
          room("codec.gorilla", "codec.bits", AGRONA),
          room("codec.model", ""),
          room("codec.page", "codec.bits codec.bytes codec.gorilla codec.model", AGRONA),
          room("codec.remoteread", "codec.exposition", "com.google.protobuf"),
          room("codec.remotewrite", "codec.exposition codec.model codec.remoteread"),
          room("codec.row", "codec.bytes codec.exposition codec.model", AGRONA),
          room("cluster", "codec.bytes codec.model"),
          room("cluster.agree", "cluster cluster.message cluster.repair cluster.slots codec.model"),
          room("cluster.gossip", "cluster codec.bytes", "io.scalecube.", "reactor."),
          room("cluster.message", "cluster codec.bytes codec.model"),
          room(
              "cluster.node",
              "cluster cluster.agree cluster.message cluster.push cluster.repair "
                  + "cluster.slots codec.bytes codec.model"),
          room("cluster.peer", "cluster"),
          room("cluster.push", "cluster cluster.agree cluster.message cluster.slots codec.model"),
          room("cluster.raft", "cluster codec.bytes", "org.apache.ratis"),
          room("cluster.repair", "cluster cluster.message cluster.slots codec.model"),
          room("cluster.slots", "cluster cluster.message"),
          room(
              "server",
              "codec.exposition codec.model server.admin server.flags server.group.rules"
                  + " server.handler server.http server.limits server.log server.member"
                  + " server.memory server.metrics server.permission server.pushgateway"
                  + " server.remotewrite"
                  + " server.storage server.storage.engine server.storage.files server.transfer"
                  + " server.web server.writers server.yaml",
              "com.sun.management",
              HELIDON,
              METRICS),
          room(
              "server.admin",
              "server.flags server.group.rules server.handler server.limits server.log server.trust"
                  + " server.yaml",
              "picocli",
              JSON),
          room("server.body", "server.http server.limits", "io.airlift.compress", HELIDON),
          room(
              "server.config",
              "codec.remotewrite server.group.rules server.group.select server.log "
                  + "server.remotewrite server.yaml"),
          room(
              "server.flags",
              "cluster cluster.peer codec.exposition codec.model server.config server.group.rules "
                  + "server.group.select server.handler server.limits server.log "
                  + "server.permission server.remotewrite server.storage server.storage.files server.web server.yaml",
              "com.sun.management",
              "picocli"),
          room("server.group", "codec.exposition codec.model codec.row server.group.rules", AGRONA),
          room("server.group.rules", "codec.exposition codec.model server.group.select"),
          room("server.group.select", "codec.exposition codec.model", "com.google.re2j"),
          room("server.gzip", "codec.exposition"),
          room(
              "server.handler",
              "codec.exposition codec.model codec.remoteread server.body server.group "
                  + "server.group.rules server.group.select server.gzip server.http server.json "
                  + "server.limits server.log server.memory server.metrics server.permission "
                  + "server.read "
                  + "server.remotewrite server.storage server.template server.web "
                  + "server.writers server.yaml",
              HELIDON,
              JSON),
          room("server.http", "server.log server.permission server.web server.yaml", HELIDON),
          room(
              "server.json",
              "codec.exposition codec.model server.group server.group.select server.http "
                  + "server.limits server.storage server.writers",
              HELIDON,
              JSON),
          room("server.limits", "codec.model server.memory server.storage", HELIDON),
          room("server.log", ""),
          room(
              "server.member",
              "cluster cluster.gossip cluster.node cluster.peer cluster.raft codec.bytes "
                  + "codec.exposition codec.model server.flags server.group server.group.select "
                  + "server.handler server.log server.memory server.remotewrite server.storage "
                  + "server.storage.engine server.storage.maps server.storage.pages "
                  + "server.storage.replica server.writers",
              HELIDON,
              METRICS),
          room("server.memory", ""),
          room(
              "server.metrics",
              "codec.model server.group server.limits server.storage server.web "
                  + "server.writers",
              METRICS),
          room(
              "server.permission",
              "codec.model server.group.select server.log server.web server.yaml"),
          room(
              "server.pushgateway",
              "codec.exposition codec.model server.group server.log server.storage "
                  + "server.storage.files"),
          room(
              "server.read",
              "codec.exposition codec.gorilla codec.model codec.remoteread server.group.select "
                  + "server.storage server.storage.pages",
              AGRONA),
          room(
              "server.remotewrite",
              "codec.exposition codec.model codec.remotewrite server.body server.group.select"
                  + " server.log server.storage server.storage.engine server.trust server.yaml",
              METRICS),
          room(
              "server.storage",
              "codec.model server.group server.group.rules server.group.select server.log "
                  + "server.memory",
              AGRONA),
          room(
              "server.storage.engine",
              "cluster codec.bytes codec.exposition codec.model codec.page codec.row "
                  + "server.group server.group.select server.log server.memory server.storage "
                  + "server.storage.maps server.storage.pages server.storage.snapshot",
              AGRONA),
          room(
              "server.storage.files",
              "cluster codec.model server.group server.log server.storage "
                  + "server.storage.engine server.storage.maps server.storage.pages",
              AGRONA),
          room(
              "server.storage.maps",
              "codec.bytes codec.model codec.page codec.row server.group server.storage",
              "net.openhft.chronicle.",
              AGRONA),
          room(
              "server.storage.pages",
              "codec.bytes codec.model codec.page codec.row server.log server.storage "
                  + "server.storage.maps",
              AGRONA),
          room(
              "server.storage.replica",
              "cluster codec.bytes codec.exposition codec.model codec.row server.group "
                  + "server.storage server.storage.engine server.storage.maps "
                  + "server.storage.pages",
              AGRONA),
          room(
              "server.storage.snapshot",
              "codec.exposition codec.model codec.row server.group server.memory server.storage "
                  + "server.storage.maps server.storage.pages",
              AGRONA),
          room(
              "server.template",
              "codec.exposition codec.model codec.row server.group server.writers",
              AGRONA),
          room(
              "server.transfer",
              "codec.exposition codec.model server.group server.yaml",
              "picocli",
              JSON),
          room("server.trust", "server.yaml"),
          room("server.web", "server.log server.trust server.yaml", "at.favre.lib."),
          room("server.writers", "codec.model server.log server.storage"),
          room("server.yaml", "", "org.yaml.snakeyaml.", JSON));

  private static Map.Entry<String, Imports> room(String name, String rooms, String... libraries) {
    var imported = new TreeSet<String>();
    for (String other : rooms.split(" ", -1)) {
      if (!other.isEmpty()) {
        imported.add(HOUSE + other);
      }
    }
    return Map.entry(HOUSE + name, new Imports(imported, List.of(libraries)));
  }

  @Test
  void everyRoomKnowsOnlyWhatItMay() throws Exception {
    Map<String, SortedSet<String>> arrows = arrows();
    var wrong = new TreeSet<String>();
    arrows.forEach(
        (room, targets) -> {
          Imports allowed = MAY_IMPORT.getOrDefault(room, new Imports(Set.of(), List.of()));
          for (String target : targets) {
            if (!target.equals(room) && !allowed.allows(target)) {
              wrong.add("forbidden: " + room + " -> " + target);
            }
          }
          for (String other : allowed.rooms()) {
            if (!targets.contains(other)) {
              wrong.add("allowed and not there: " + room + " -> " + other);
            }
          }
        });

    assertEquals(new TreeSet<>(), wrong);
    assertEquals(new TreeSet<>(MAY_IMPORT.keySet()), new TreeSet<>(arrows.keySet()));
  }

  @Test
  void noRoomsKnowEachOtherInACircle() throws Exception {
    var left = new TreeMap<>(arrows());
    boolean anyGone = true;
    while (anyGone) {
      anyGone =
          left.entrySet()
              .removeIf(
                  room ->
                      room.getValue().stream()
                          .noneMatch(to -> !to.equals(room.getKey()) && left.containsKey(to)));
    }

    assertEquals(Set.of(), left.keySet(), "on a circle, or above one");
  }

  @Test
  void noRoomIsAWarehouse() throws Exception {
    var tooLarge = new TreeMap<String, Integer>();
    for (String type : arrows("-verbose:class").keySet()) {
      if (!type.contains("$") && !type.endsWith("package-info")) {
        tooLarge.merge(type.substring(0, type.lastIndexOf('.')), 1, Integer::sum);
      }
    }
    assertTrue(tooLarge.keySet().containsAll(MAY_IMPORT.keySet()), tooLarge.toString());
    tooLarge.keySet().removeAll(MAY_BE_LARGER);
    tooLarge.values().removeIf(count -> count <= MOST_CLASSES);

    assertEquals(Map.of(), tooLarge);
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
