package io.silverback.server.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the bytes to a gateway as a request: the first says of what kind, what follows is up to the
 * first line end the target, and then the body. No answer may say that the server failed.
 */
final class RequestTarget implements Consumer<byte[]> {
  private static final String PROTOBUF =
      "Content-Type: application/vnd.google.protobuf;"
          + " proto=io.prometheus.client.MetricFamily; encoding=delimited";

  private @Nullable TestGateway gateway;

  @Override
  public synchronized void accept(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    int end = 1;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    String target = target(new String(bytes, 1, end - 1, ISO_8859_1));
    byte[] body = Arrays.copyOfRange(bytes, Math.min(bytes.length, end + 1), bytes.length);
    try {
      check(
          switch (bytes[0] & 7) {
            case 0 -> gateway().send("PUT", "/metrics/job/" + target, body);
            case 1 -> gateway().send("POST", "/metrics/job/" + target, body, PROTOBUF);
            case 2 -> gateway().send("PUT", "/metrics/job/a", body, "Content-Encoding: gzip");
            case 3 -> gateway().send("PUT", "/metrics/job/a", body, "Content-Encoding: snappy");
            case 4 -> gateway().send("PUT", "/api/v1/admin/restore/job/" + target, body);
            case 5 -> gateway().get("/api/v1/history?" + target);
            case 6 ->
                gateway()
                    .send(
                        "POST",
                        "/api/v1/admin/delete_groups?" + target,
                        body,
                        "Content-Type: application/x-www-form-urlencoded");
            default -> gateway().get("/" + target);
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(Answer answer) {
    if (answer.status() >= 500) {
      throw new IllegalStateException("the server failed: answer=" + answer);
    }
  }

  /** What can be in the first line of a request. */
  private static String target(String text) {
    var target = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      target.append(character > ' ' && character < 0x7f ? character : '_');
    }
    return target.toString();
  }

  /** Starts the gateway, which ends with the process. */
  synchronized void start() {
    if (gateway == null) {
      gateway = TestGateway.start("--web.enable-admin-api", "--limits.max-groups=1000");
    }
  }

  private TestGateway gateway() {
    return Objects.requireNonNull(gateway, "not started");
  }
}
