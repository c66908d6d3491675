package io.silverback.server.handler;

import io.silverback.server.http.PlainText;
import java.util.Optional;
import java.util.function.Supplier;

/** Health, readiness, termination, and reading the configuration again. */
public final class LifecycleHandler {
  private final Supplier<Optional<String>> whyNotReady;
  private final Runnable quit;
  private final Optional<Supplier<Optional<String>>> reload;

  /**
   * Endpoints for the life of the process.
   *
   * @param whyNotReady why the server should get no requests; empty if it should
   * @param quit asks for termination and returns at once
   * @param reload reads the configuration again and says what is wrong with it, empty for nothing;
   *     empty itself if there is no configuration file
   */
  public LifecycleHandler(
      Supplier<Optional<String>> whyNotReady,
      Runnable quit,
      Optional<Supplier<Optional<String>>> reload) {
    this.whyNotReady = whyNotReady;
    this.quit = quit;
    this.reload = reload;
  }

  Endpoint healthy() {
    return (_, response, _) -> PlainText.send(response, 200, "OK");
  }

  /**
   * Whether this server should get requests. What others fail to do is told, and keeps no request
   * from this one.
   *
   * @param outage what of the cluster is not served, in a sentence; empty if all is
   */
  Endpoint ready(Supplier<Optional<String>> outage) {
    return (_, response, _) -> {
      Optional<String> reason = whyNotReady.get();
      if (reason.isEmpty()) {
        PlainText.send(response, 200, outage.get().map("OK, but "::concat).orElse("OK"));
      } else {
        PlainText.error(response, 503, reason.get());
      }
    };
  }

  Endpoint quit() {
    return (_, response, _) -> {
      PlainText.send(response, 200, "Requesting termination... Goodbye!");
      quit.run();
    };
  }

  Endpoint reload() {
    return (_, response, _) -> {
      if (reload.isEmpty()) {
        PlainText.error(response, 400, "there is nothing to reload, start with --config.file=FILE");
        return;
      }
      Optional<String> fault = reload.get().get();
      if (fault.isEmpty()) {
        response.status(200).send();
      } else {
        PlainText.error(response, 500, "failed to reload config: " + fault.get());
      }
    };
  }

  Endpoint disabled() {
    return (_, response, _) -> PlainText.send(response, 403, "Lifecycle API is not enabled.");
  }

  Endpoint byGet() {
    return (_, response, _) -> PlainText.send(response, 405, "Only POST or PUT requests allowed.");
  }
}
