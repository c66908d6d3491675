package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A program that a test started: its output is kept, and it never outlives the test. */
public final class RunningProcess implements AutoCloseable {
  private static final Duration EXIT_LIMIT = Duration.ofMinutes(2);
  private static final Duration INSTALL_LIMIT = Duration.ofMinutes(3);
  private static final Duration READY_LIMIT = Duration.ofSeconds(90);
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(25);
  private static final int FIRST_PORT = 10_000;
  private static final int USUAL_FIRST_GIVEN = 32_768;
  private static final int PORT_TRIES = 1000;
  private static final Set<Integer> LASTING_PORTS = ConcurrentHashMap.newKeySet();

  private final List<String> command;
  private final Path standardOutput;
  private final Path standardError;
  private final Process process;

  private RunningProcess(List<String> command, Map<String, String> environment) throws IOException {
    this.command = command;
    standardOutput = Files.createTempFile("silverback-test-", ".out");
    standardError = Files.createTempFile("silverback-test-", ".err");
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectOutput(standardOutput.toFile()).redirectError(standardError.toFile());
    process = builder.start();
    process.getOutputStream().close();
  }

  /** Starts the program with these variables on top of the test's own environment. */
  static RunningProcess start(List<String> command, Map<String, String> environment) {
    try {
      return new RunningProcess(command, environment);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs the program to its end, fails the test unless it is a success, and returns its output. */
  public static String complete(
      List<String> command, Map<String, String> environment, Duration limit) {
    try (var program = start(command, environment)) {
      assertEquals(0, program.awaitExit(limit), program::description);
      return program.standardOutput();
    }
  }

  /** The first program of that name on the path; the test fails where there is none. */
  static String programOnPath(String name, String packageName) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
      Path program = Path.of(folder, name);
      if (Files.isExecutable(program)) {
        return program.toString();
      }
    }
    return fail("needs a program on the path: program=" + name + " apt package=" + packageName);
  }

  /**
   * The path of a Debian program; the test fails, and says what to install, where it is missing.
   */
  static String debianProgram(String path, String packageName) {
    if (!Files.isExecutable(Path.of(path))) {
      fail("needs a program of Debian: program=" + path + " apt package=" + packageName);
    }
    return path;
  }

  /** Installs what the lock file in the folder lists, and runs nothing of it. */
  static void installNpmPackages(Path folder) {
    var command =
        List.of(
            programOnPath("npm", "npm"),
            "--prefix",
            folder.toString(),
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline");
    complete(command, Map.of(), INSTALL_LIMIT);
  }

  /** A port of the loopback address that nobody listens on. */
  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A port that the kernel gives to no connection, so that who was killed finds it free again, and
   * that no call has given before.
   */
  static int lastingPort() {
    try {
      String given = Files.readString(Path.of("/proc/sys/net/ipv4/ip_local_port_range"));
      int firstGiven = Integer.parseInt(given.strip().split("\\s+", -1)[0]);
      // Where the kernel gives away nearly all ports, none lasts for sure.
      int limit = firstGiven > 2 * FIRST_PORT ? firstGiven : USUAL_FIRST_GIVEN;
      var random = new Random();
      for (int i = 0; i < PORT_TRIES; i++) {
        int port = random.nextInt(FIRST_PORT, limit);
        if (isFree(port) && LASTING_PORTS.add(port)) {
          return port;
        }
      }
      return fail("no free port: from=" + FIRST_PORT + " to=" + limit);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFree(int port) {
    try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** Waits until the address answers 200, or fails the test with what the program wrote. */
  void awaitReady(URI address) {
    long deadline = System.nanoTime() + READY_LIMIT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      if (!process.isAlive()) {
        fail("ended at once: code=" + process.exitValue() + " " + description());
      }
      if (Http.answersOk(address)) {
        return;
      }
      pause(PROBE_INTERVAL);
    }
    fail("not ready: limit=" + READY_LIMIT + " " + description());
  }

  /** Waits for the program to end by itself and returns its exit code. */
  int awaitExit() {
    return awaitExit(EXIT_LIMIT);
  }

  int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        fail("did not end: limit=" + limit + " " + description());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting", e);
    }
    return process.exitValue();
  }

  /** Sends SIGHUP and does not wait for what comes of it. */
  void hangUp() {
    signal("HUP");
  }

  /** Has it stand still, whatever it does: the kernel goes on to take what others send it. */
  void stop() {
    signal("STOP");
  }

  /** Lets it go on where it was stopped. */
  void goOn() {
    signal("CONT");
  }

  private void signal(String name) {
    var command = List.of("/bin/sh", "-c", "kill -" + name + " " + process.pid());
    try (var kill = start(command, Map.of())) {
      kill.awaitExit();
    }
  }

  /** The most memory that the program itself has had so far, as Linux counts it. */
  long peakMemoryBytes() {
    String status = read(Path.of("/proc", Long.toString(process.pid()), "status"));
    String kibibytes =
        status.lines().filter(line -> line.startsWith("VmHWM:")).findAny().orElseThrow();
    return Long.parseLong(kibibytes.replaceAll("\\D", "")) * 1024;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends SIGTERM and does not wait. */
  void askToTerminate() {
    process.destroy();
  }

  /** Sends SIGTERM and returns the exit code. */
  int terminate() {
    process.destroy();
    return awaitExit();
  }

  String standardOutput() {
    return read(standardOutput);
  }

  String standardError() {
    return read(standardError);
  }

  /** What the threads of a JVM do, virtual ones too: nobody can ask it once the test has ended. */
  String threads() {
    try {
      Path dump = Files.createTempFile("silverback-test-", ".threads");
      jcmd("Thread.dump_to_file", "-overwrite", dump.toString());
      String text = read(dump);
      Files.delete(dump);
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a JVM answers to a diagnostic command. */
  String jcmd(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(String.valueOf(process.pid()));
    command.addAll(List.of(arguments));
    try (var asking = start(command, Map.of())) {
      asking.awaitExit();
      return asking.standardOutput();
    }
  }

  /** Kills the program, if it still runs, and everything that it started. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    awaitExit();
    try {
      Files.delete(standardOutput);
      Files.delete(standardError);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting", e);
    }
  }

  private String description() {
    return "command=" + command + "\n" + standardOutput() + standardError();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
