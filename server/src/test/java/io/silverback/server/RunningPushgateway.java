package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

/** A real Pushgateway on a free port of the loopback address, without a file. */
final class RunningPushgateway implements AutoCloseable {
  private final String address;
  private final RunningProcess process;

  private RunningPushgateway(String address, RunningProcess process) {
    this.address = address;
    this.process = process;
  }

  static RunningPushgateway start() {
    return start("");
  }

  /** One that writes its groups to that file when it ends. */
  static RunningPushgateway start(String file) {
    String program =
        RunningProcess.debianProgram("/usr/bin/prometheus-pushgateway", "prometheus-pushgateway");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    var command = List.of(program, "--web.listen-address=" + address, "--persistence.file=" + file);
    var gateway = new RunningPushgateway(address, RunningProcess.start(command, Map.of()));
    try {
      gateway.process.awaitReady(gateway.uri("/-/ready"));
    } catch (AssertionError e) {
      gateway.process.close();
      throw e;
    }
    return gateway;
  }

  URI uri(String path) {
    return URI.create("http://" + address + path);
  }

  /** Pushes and returns the status. */
  int push(String method, String path, String body) {
    return Http.send(method, uri("/metrics/job" + path), body).statusCode();
  }

  String get(String path) {
    HttpResponse<String> answer = Http.get(uri(path));
    assertEquals(200, answer.statusCode(), answer.body());
    return answer.body();
  }

  @Override
  public void close() {
    try (process) {
      process.terminate();
    }
  }
}
