package io.silverback.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Plain HTTP/1.1 requests of the end-to-end tests, over kept connections. Thread-safe. */
final class Http {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();

  private Http() {}

  static HttpResponse<String> send(String method, URI address, String body) {
    var request =
        HttpRequest.newBuilder(address)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .timeout(LIMIT)
            .build();
    try {
      return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(method + " failed: address=" + address + " err=" + e, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted during a request: address=" + address, e);
    }
  }

  static HttpResponse<String> get(URI address) {
    return send("GET", address, "");
  }

  /** True if a GET is answered with 200; a refused connection is a no. */
  static boolean answersOk(URI address) {
    try {
      return get(address).statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }
}
