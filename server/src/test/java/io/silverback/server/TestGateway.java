package io.silverback.server;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.flags.Flags;
import io.silverback.server.flags.GatewayConfig;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A gateway inside the test's process, on a free port, started from flags. */
public final class TestGateway implements AutoCloseable {
  private final Gateway gateway;
  private final RawHttp http;

  private TestGateway(Gateway gateway) {
    this.gateway = gateway;
    this.http = new RawHttp(gateway.port());
  }

  public static TestGateway start(String... flags) {
    TestGateway gateway = start(UnaryOperator.identity(), flags);
    if (Stream.of(flags).anyMatch(flag -> flag.startsWith("--persistence.file="))) {
      gateway.awaitReady();
    }
    return gateway;
  }

  /** The same with another store in front of its own one. */
  public static TestGateway start(UnaryOperator<MetricStore> front, String... flags) {
    return new TestGateway(Gateway.start(config(flags), front));
  }

  /**
   * A store with files is ready a moment after its server, which takes longer on a busy machine.
   */
  private void awaitReady() {
    try {
      for (int i = 0; i < 1000 && get("/-/ready").status() == 503; i++) {
        RunningProcess.pause(Duration.ofMillis(20));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What those flags ask for, with any free port. */
  public static GatewayConfig config(String... flags) {
    List<String> arguments =
        Stream.concat(Stream.of("--web.listen-address=127.0.0.1:0"), Stream.of(flags)).toList();
    if (Flags.parse(arguments, Map.of()) instanceof Flags.Request.Serve serve) {
      return serve.config();
    }
    throw new IllegalArgumentException("not flags to serve with: flags=" + arguments);
  }

  public int port() {
    return gateway.port();
  }

  public Answer send(String method, String path, String body, String... headerLines)
      throws IOException {
    return http.send(method, path, body, headerLines);
  }

  public Answer send(String method, String path, byte[] body, String... headerLines)
      throws IOException {
    return http.send(method, path, body, headerLines);
  }

  public Answer get(String path, String... headerLines) throws IOException {
    return http.send("GET", path, "", headerLines);
  }

  /** Sends a whole request exactly as written. */
  public Answer exchange(String request) throws IOException {
    return http.exchange(request.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The lines of the exposition that contain the text. */
  public List<String> exposed(String text) throws IOException {
    return get("/metrics").text().lines().filter(line -> line.contains(text)).toList();
  }

  @Override
  public void close() {
    gateway.close();
  }
}
