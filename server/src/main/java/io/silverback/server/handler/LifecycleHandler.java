package io.silverback.server.handler;

import java.util.Optional;
import java.util.function.Supplier;

/** Health, readiness and termination. */
final class LifecycleHandler {
  private final Supplier<Optional<String>> whyNotReady;
  private final Runnable quit;

  /**
   * Doors to the life of the process.
   *
   * @param whyNotReady why the server should get no requests; empty if it should
   * @param quit asks for termination and returns at once
   */
  LifecycleHandler(Supplier<Optional<String>> whyNotReady, Runnable quit) {
    this.whyNotReady = whyNotReady;
    this.quit = quit;
  }

  Door healthy() {
    return (_, response, _) -> PlainText.send(response, 200, "OK");
  }

  Door ready() {
    return (_, response, _) -> {
      Optional<String> reason = whyNotReady.get();
      if (reason.isEmpty()) {
        PlainText.send(response, 200, "OK");
      } else {
        PlainText.error(response, 503, reason.get());
      }
    };
  }

  Door quit() {
    return (_, response, _) -> {
      PlainText.send(response, 200, "Requesting termination... Goodbye!");
      quit.run();
    };
  }

  Door quitDisabled() {
    return (_, response, _) -> PlainText.send(response, 403, "Lifecycle API is not enabled.");
  }

  Door quitByGet() {
    return (_, response, _) -> PlainText.send(response, 405, "Only POST or PUT requests allowed.");
  }
}
