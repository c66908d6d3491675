package io.silverback.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between a client and a gateway, and remembers where and what the client sent. */
final class RecordingForwarder implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> paths = new CopyOnWriteArrayList<>();
  private final List<String> contentTypes = new CopyOnWriteArrayList<>();
  private final RunningGateway gateway;
  private final HttpServer server;

  RecordingForwarder(RunningGateway gateway) {
    this.gateway = gateway;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::forward);
    server.start();
  }

  /** Host and port. */
  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** One for each request so far, in order, as it was sent. */
  List<String> paths() {
    return List.copyOf(paths);
  }

  /** One for each request so far, in order. */
  List<String> contentTypes() {
    return List.copyOf(contentTypes);
  }

  @Override
  public void close() {
    server.stop(0);
    client.close();
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      String contentType = exchange.getRequestHeaders().getFirst("Content-Type");
      paths.add(exchange.getRequestURI().toString());
      contentTypes.add(contentType);
      var request =
          HttpRequest.newBuilder(gateway.uri(exchange.getRequestURI().toString()))
              .header("Content-Type", contentType)
              .method(
                  exchange.getRequestMethod(),
                  HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
              .build();
      byte[] answer;
      int status;
      try {
        var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        answer = response.body();
        status = response.statusCode();
      } catch (InterruptedException e) {
        throw new IOException("interrupted while forwarding", e);
      }
      exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
