package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the process starts, ends and says why. */
final class StartUpIT {
  private static final String VERSION = System.getProperty("silverback.version");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)");
  private static final Duration CACHE_LIMIT = Duration.ofMinutes(5);
  private static final Duration PAUSE = Duration.ofMillis(100);

  @Test
  void takenPortEndsTheProcessWithOneClearLine() {
    try (var first = RunningGateway.start();
        var second =
            launch(Map.of(), "--web.listen-address=" + first.address(), "--log.level=error")) {
      assertEquals(1, second.awaitExit());
      List<String> lines = second.standardError().lines().toList();
      assertEquals(1, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains(first.address()), lines::toString);
      assertTrue(lines.getFirst().contains("address already in use"), lines::toString);
    }
  }

  @Test
  void unknownFlagIsRefused() {
    try (var process = launch(Map.of(), "--bogus")) {
      assertEquals(1, process.awaitExit());
      assertTrue(
          process.standardError().contains("unknown long flag '--bogus'"), process::standardError);
    }
  }

  @Test
  void versionIsPrinted() {
    try (var process = launch(Map.of(), "--version")) {
      assertEquals(0, process.awaitExit(), process::standardError);
      assertTrue(process.standardOutput().contains(VERSION), process::standardOutput);
    }
  }

  @Test
  void everyCommandHelps() {
    for (String command :
        List.of(
            "make-aot-cache",
            "health",
            "check-config",
            "check-push",
            "import",
            "export",
            "cluster")) {
      try (var process = launch(Map.of(), command, "--help")) {
        assertEquals(0, process.awaitExit(), process::standardError);
        String text = process.standardOutput();
        assertTrue(text.startsWith("usage: silverback " + command), text);
      }
    }
    try (var process = launch(Map.of(), "make-aot-cache", "--hepl")) {
      assertEquals(1, process.awaitExit());
      assertEquals(
          "silverback: make-aot-cache takes no flags, try make-aot-cache --help: given=--hepl\n",
          process.standardError());
    }
  }

  @Test
  void terminationIsASuccess() {
    try (var gateway = RunningGateway.start()) {
      gateway.send("PUT", "/metrics/job/running", "a 1\n");
      assertEquals(0, gateway.terminate(), gateway::standardError);
      assertFalse(Http.answersOk(gateway.uri("/-/ready")));
    }
  }

  @Test
  void theLogTellsHowItStartsAndEnds() {
    String log;
    String address;
    try (var gateway =
        RunningGateway.start(
            RunningGateway.launcher(),
            Map.of("SILVERBACK_PORT", "tcp://10.0.0.1:9091"),
            "--log.level=debug",
            "--web.external-url=http://x/e",
            "--web.route-prefix=/")) {
      address = gateway.address();
      assertEquals(0, gateway.terminate(), gateway::standardError);
      log = gateway.standardError();
    }

    for (String part :
        List.of(
            "msg=\"starting silverback\" version=\"(version=" + VERSION,
            "msg=\"Build context\" build_context=",
            "level=info caller=.* msg=\"effective settings\" persistence=off history=1h0m0s"
                + " max_memory=[0-9]+[MG]iB max_heap=[0-9]+[MG]iB config_file=off cluster=off users=0",
            "level=info caller=.* msg=\"ready to take requests\" after=[0-9hm.]+s",
            "level=debug caller=.* msg=\"external URL\" url=http://x/e",
            "level=debug caller=.* msg=\"path prefix used externally\" path=/e",
            "level=debug caller=.* msg=\"path prefix for internal routing\" path=\"\"",
            "level=info caller=.* msg=\"Listening on\" address=" + address,
            "level=info caller=.* msg=\"TLS is disabled.\" http2=false address=" + address,
            "level=warn caller=.* name=SILVERBACK_PORT",
            "level=info caller=.* msg=\"received SIGINT/SIGTERM; exiting gracefully...\"",
            "level=info caller=.* msg=\"HTTP server stopped\"")) {
      String pattern = part.replace("(", "\\(");
      assertTrue(Pattern.compile(pattern).matcher(log).find(), () -> part + " is not in\n" + log);
    }
  }

  @Test
  void aClientMayEndTheProcess() {
    try (var gateway = RunningGateway.start("--web.enable-lifecycle")) {
      assertEquals(
          "Requesting termination... Goodbye!", gateway.send("POST", "/-/quit", "").body());
      assertEquals(0, gateway.awaitExit(), gateway::standardError);
      String log = gateway.standardError();
      assertTrue(
          log.contains("received termination request via web service, exiting gracefully..."), log);
      assertFalse(log.contains("received SIGINT/SIGTERM"), log);
    }
  }

  @Test
  void aPushThatIsOnItsWayIsAnsweredAfterATermination() throws IOException {
    try (var gateway = RunningGateway.start();
        var client = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      client.setSoTimeout(10_000);
      String head = "PUT /metrics/job/late HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n";
      client.getOutputStream().write((head + "a ").getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
      RunningProcess.pause(Duration.ofMillis(300));

      gateway.askToTerminate();
      RunningProcess.pause(Duration.ofMillis(700));
      assertThrows(
          IOException.class,
          () -> new Socket(InetAddress.getLoopbackAddress(), gateway.port()).close());
      client.getOutputStream().write("1\n".getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();

      byte[] answer = client.getInputStream().readNBytes("HTTP/1.1 200 OK".length());
      assertEquals(
          "HTTP/1.1 200 OK", new String(answer, StandardCharsets.US_ASCII), gateway::standardError);
      assertEquals(0, gateway.awaitExit(), gateway::standardError);
    }
  }

  @Test
  void uselessJavaHomeIsPassedOver() {
    try (var process = launch(Map.of("JAVA_HOME", "/nonsense"), "--version")) {
      assertEquals(0, process.awaitExit(), process::standardError);
    }
  }

  @Test
  void ownJvmFlagsWin() {
    var environment =
        Map.of("SILVERBACK_JAVA_OPTS", "-XX:+UseParallelGC -Xmx48m -XX:+PrintCommandLineFlags");
    try (var process = launch(environment, "--version")) {
      assertEquals(0, process.awaitExit(), process::standardError);
      String flags = process.standardOutput();
      assertTrue(flags.contains("-XX:MaxHeapSize=50331648"), flags);
      assertTrue(flags.contains("-XX:+UseParallelGC"), flags);
      assertFalse(flags.contains("-XX:+UseSerialGC"), flags);
    }
  }

  @Test
  void unpackedArchiveRunsFromAnywhere(@TempDir Path folder) throws IOException {
    Path unpacked = unpackArchive(folder.resolve("with a blank"));
    Path link = folder.resolve("silverback");
    Files.createSymbolicLink(link, Path.of("with a blank", "bin", "silverback"));
    List<String> before = filesBelow(unpacked);
    for (String page :
        List.of(
            "LICENSE",
            "NOTICE",
            "THIRD-PARTY.txt",
            "README.md",
            "docs/install.md",
            "docs/examples/flink.yml",
            "systemd/silverback.service")) {
      assertTrue(Files.isRegularFile(unpacked.resolve(page)), page);
    }
    var noCache = Map.of("SILVERBACK_AOT_CACHE", "off");
    try (var gateway = RunningGateway.start(link.toString(), noCache)) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/unpacked", "a 1\n").statusCode());
      assertTrue(gateway.scrape().contains("a{instance=\"\",job=\"unpacked\"} 1\n"));
    }
    assertEquals(before, filesBelow(unpacked));
  }

  @Test
  void theArchiveSaysTheLicenceOfEachLibraryInIt(@TempDir Path folder) throws IOException {
    Path unpacked = unpackArchive(folder.resolve("unpacked"));
    List<String> licences = Files.readAllLines(unpacked.resolve("THIRD-PARTY.txt"));
    List<String> libraries =
        filesBelow(unpacked.resolve("lib")).stream()
            .map(file -> Path.of(file).getFileName().toString())
            .filter(name -> name.endsWith(".jar") && !name.startsWith("silverback-"))
            .map(name -> name.substring(0, name.length() - ".jar".length()))
            .toList();
    assertTrue(libraries.size() > 10, libraries::toString);
    for (String library : libraries) {
      // A line is "(licence) name (group:artifact:version - address)".
      assertEquals(
          1,
          licences.stream()
              .filter(line -> line.replace(':', '-').contains("-" + library + " "))
              .count(),
          library);
    }
    assertEquals(
        libraries.size(), licences.stream().filter(line -> line.strip().startsWith("(")).count());
  }

  @Test
  void noLinkOfThePagesInTheArchiveIsDead(@TempDir Path folder) throws IOException {
    Path unpacked = unpackArchive(folder.resolve("unpacked"));
    var dead = new ArrayList<String>();
    List<String> pages = filesBelow(unpacked).stream().filter(it -> it.endsWith(".md")).toList();
    for (String page : pages) {
      var links = LINK.matcher(Files.readString(Path.of(page)));
      while (links.find()) {
        String target = links.group(1);
        if (!target.startsWith("http") && !Files.exists(Path.of(page).resolveSibling(target))) {
          dead.add(page + " -> " + target);
        }
      }
    }
    assertTrue(pages.size() > 20, pages::toString);
    assertEquals(List.of(), dead);
  }

  @Test
  void theFirstStartsMakeACacheThatLaterOnesUseAndABrokenOneIsPassedOver(@TempDir Path folder)
      throws IOException {
    Path unpacked = unpackArchive(folder.resolve("with a blank"));
    String launcher = unpacked.resolve("bin").resolve("silverback").toString();
    Path lib = unpacked.resolve("lib");
    List<String> before = filesIn(lib);
    // What a maker left that was killed.
    Files.createDirectory(lib.resolve("making-aot-1"));
    Path cache;
    try (var _ = RunningGateway.start(launcher, Map.of());
        var _ = RunningGateway.start(launcher, Map.of())) {
      cache = awaitCache(lib);
    }
    var after = new ArrayList<>(before);
    after.add(cache.toString());
    awaitFiles(lib, after.stream().sorted().toList());

    var showMaps = Map.of("SILVERBACK_JAVA_OPTS", "-Xlog:class+path=info");
    try (var cached = RunningProcess.start(List.of(launcher, "--version"), showMaps)) {
      assertEquals(0, cached.awaitExit(), cached::standardError);
      assertTrue(cached.standardOutput().contains(cache.toString()), cached::standardOutput);
    }
    Files.write(cache, new byte[4096]);
    try (var broken = RunningProcess.start(List.of(launcher, "--version"), Map.of())) {
      assertEquals(0, broken.awaitExit(), broken::standardError);
      assertTrue(broken.standardOutput().startsWith("pushgateway, version"));
      assertEquals("", broken.standardError());
    }
    // Another build does not look at it.
    Files.writeString(lib.resolve("build-id"), "1 2\n");
    try (var foreign = RunningProcess.start(List.of(launcher, "--version"), showMaps)) {
      assertEquals(0, foreign.awaitExit(), foreign::standardError);
      assertFalse(foreign.standardOutput().contains(".aot"), foreign::standardOutput);
    }
  }

  /** Waits for the one cache that two servers make. */
  private static Path awaitCache(Path lib) throws IOException {
    for (long waited = 0; waited < CACHE_LIMIT.toMillis(); waited += PAUSE.toMillis()) {
      List<String> made = filesIn(lib).stream().filter(it -> it.endsWith(".aot")).toList();
      if (!made.isEmpty()) {
        return Path.of(made.getFirst());
      }
      RunningProcess.pause(PAUSE);
    }
    return fail("no cache was made: files=" + filesIn(lib));
  }

  /** What was being made is gone a moment after the servers. */
  private static void awaitFiles(Path folder, List<String> wanted) throws IOException {
    for (int i = 0; i < 100 && !filesIn(folder).equals(wanted); i++) {
      RunningProcess.pause(PAUSE);
    }
    assertEquals(wanted, filesIn(folder));
  }

  private static Path unpackArchive(Path folder) throws IOException {
    Files.createDirectory(folder);
    String archive = Path.of("target", "silverback-" + VERSION + ".tar.gz").toString();
    var unpack = List.of("tar", "-xzf", archive, "-C", folder.toString(), "--strip-components=1");
    try (var tar = RunningProcess.start(unpack, Map.of())) {
      assertEquals(0, tar.awaitExit(), tar::standardError);
    }
    return folder;
  }

  private static RunningProcess launch(Map<String, String> environment, String... flags) {
    var command = new ArrayList<String>();
    command.add(RunningGateway.launcher());
    command.addAll(List.of(flags));
    return RunningProcess.start(command, environment);
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private static List<String> filesBelow(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }
}
