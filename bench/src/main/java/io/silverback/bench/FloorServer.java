package io.silverback.bench;

import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;

/**
 * The floor of every push: the HTTP server alone, with a handler that reads the body and answers
 * 200. What Silverback costs beyond this is its own.
 *
 * <p>{@code FloorServer PORT} listens on the loopback address until it is killed.
 */
public final class FloorServer {
  private static final int BUFFER_LENGTH = 64 * 1024;

  /** Far above any push, far below the heap: a thread gets its buffer once. */
  private static final ThreadLocal<byte[]> BUFFER =
      ThreadLocal.withInitial(() -> new byte[BUFFER_LENGTH]);

  private FloorServer() {}

  public static void main(String[] arguments) {
    int port = Integer.parseInt(arguments[0]);
    WebServer server =
        WebServer.builder()
            .address(InetAddress.getLoopbackAddress())
            .port(port)
            .connectionOptions(options -> options.tcpNoDelay(true))
            .routing(FloorServer::route)
            .build()
            .start();
    if (server.port() != port) {
      System.err.println("cannot listen: port=" + port);
      System.exit(1);
    }
  }

  private static void route(HttpRouting.Builder routing) {
    routing
        .get("/-/ready", (request, response) -> response.send("OK"))
        .any("/*", FloorServer::drain);
  }

  private static void drain(ServerRequest request, ServerResponse response) {
    try (InputStream body = request.content().inputStream()) {
      byte[] buffer = BUFFER.get();
      while (body.read(buffer) >= 0) {
        // Nothing: reading is the whole work.
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    response.status(Status.OK_200).send();
  }
}
