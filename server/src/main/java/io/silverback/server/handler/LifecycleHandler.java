package io.silverback.server.handler;

import java.util.function.BooleanSupplier;

/** Health, readiness and termination. */
final class LifecycleHandler {
  private final BooleanSupplier ready;
  private final Runnable quit;

  /**
   * Doors to the life of the process.
   *
   * @param ready false while the server should get no requests
   * @param quit asks for termination and returns at once
   */
  LifecycleHandler(BooleanSupplier ready, Runnable quit) {
    this.ready = ready;
    this.quit = quit;
  }

  Door healthy() {
    return (_, response, _) -> PlainText.send(response, 200, "OK");
  }

  Door ready() {
    return (_, response, _) -> {
      if (ready.getAsBoolean()) {
        PlainText.send(response, 200, "OK");
      } else {
        PlainText.error(response, 503, "shutting down");
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
