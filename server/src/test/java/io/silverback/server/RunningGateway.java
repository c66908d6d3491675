package io.silverback.server;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The packaged server as a process of its own, started by its launcher on a free port of the
 * loopback address.
 *
 * <p>The system property {@code gateway.command} names another server to start, such as the
 * original Pushgateway: what a test claims of both can so be tried on both.
 */
final class RunningGateway implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final String address;
  private final RunningProcess process;

  private RunningGateway(String address, RunningProcess process) {
    this.address = address;
    this.process = process;
  }

  static String launcher() {
    return System.getProperty(
        "gateway.command", Path.of("bin", "silverback").toAbsolutePath().toString());
  }

  /**
   * Starts a gateway and waits until it is ready. It keeps its groups in memory, unless a flag
   * names a store.
   */
  static RunningGateway start(String... flags) {
    return start(launcher(), Map.of(), flags);
  }

  static RunningGateway start(String launcher, Map<String, String> environment, String... flags) {
    String address = "127.0.0.1:" + RunningProcess.freePort();
    var command = new ArrayList<String>();
    command.add(launcher);
    command.add("--web.listen-address=" + address);
    if (Stream.of(flags).noneMatch(flag -> flag.startsWith("--persistence.file="))) {
      command.add("--persistence.file=");
    }
    command.addAll(List.of(flags));
    var gateway = new RunningGateway(address, RunningProcess.start(command, environment));
    try {
      gateway.process.awaitReady(gateway.uri("/-/ready"));
    } catch (AssertionError e) {
      gateway.process.close();
      throw e;
    }
    return gateway;
  }

  /** Host and port. */
  String address() {
    return address;
  }

  URI uri(String path) {
    return URI.create("http://" + address + path);
  }

  HttpResponse<String> send(String method, String path, String body) {
    return Http.send(method, uri(path), body);
  }

  /** The page that Prometheus reads. */
  String scrape() {
    HttpResponse<String> answer = Http.get(uri("/metrics"));
    assertEquals(200, answer.statusCode(), answer.body());
    return answer.body();
  }

  /** What the page shows of a job, line by line, without the times of its pushes. */
  String scrapeOf(String job) {
    return scrape()
        .lines()
        .filter(line -> line.contains("job=\"" + job + "\""))
        .filter(line -> !line.startsWith("push_"))
        .map(line -> line + "\n")
        .collect(joining());
  }

  /** The groups of a job, as the JSON API shows them. */
  List<JsonNode> groupsOf(String job) {
    HttpResponse<String> answer = Http.get(uri("/api/v1/metrics"));
    assertEquals(200, answer.statusCode(), answer.body());
    try {
      JsonNode groups = JSON.readTree(answer.body()).get("data");
      return StreamSupport.stream(groups.spliterator(), false)
          .filter(group -> group.get("labels").get("job").asText().equals(job))
          .toList();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  String standardError() {
    return process.standardError();
  }

  int port() {
    return Integer.parseInt(address.substring(address.indexOf(':') + 1));
  }

  RunningProcess process() {
    return process;
  }

  /** Sends SIGHUP and does not wait. */
  void hangUp() {
    process.hangUp();
  }

  /** Sends SIGTERM and does not wait. */
  void askToTerminate() {
    process.askToTerminate();
  }

  int awaitExit() {
    return process.awaitExit();
  }

  /** Stops the gateway by SIGTERM and returns its exit code. */
  int terminate() {
    return process.terminate();
  }

  /** Ends the gateway as a crash would: nothing of it gets a chance to run. */
  void kill() {
    process.close();
  }

  /** Stops the gateway by SIGTERM and fails the test unless it then ends with 0. */
  @Override
  public void close() {
    try (process) {
      assertEquals(0, terminate(), process::standardError);
    }
  }
}
