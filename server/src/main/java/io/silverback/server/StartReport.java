package io.silverback.server;

import io.silverback.server.flags.ByteSize;
import io.silverback.server.flags.GatewayConfig;
import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.yaml.GoDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What the log says of a start: what it was asked for, and when the server was ready. */
final class StartReport {
  private static final Log log = Log.of(StartReport.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private StartReport() {}

  /** Says in one line what an operator looks for first when something is not as expected. */
  static void settings(GatewayConfig config, int users) {
    log.info("effective settings", fields(config, users).toArray());
  }

  static List<Object> fields(GatewayConfig config, int users) {
    long memory = config.limits().memoryBytes();
    return List.of(
        "persistence",
        config.persistence().map(it -> it.folder().toString()).orElse("off"),
        "history",
        GoDuration.format(config.historyRetention()),
        "max_memory",
        memory == 0 ? "off" : ByteSize.format(memory),
        "max_heap",
        ByteSize.format(Runtime.getRuntime().maxMemory()),
        "config_file",
        config.live().hasFile() ? config.live().file() : "off",
        "cluster",
        config.cluster().map(it -> it.nodeId()).orElse("off"),
        "users",
        users);
  }

  /**
   * Says in one line when the server is ready; returns at once. A store that is recovered, or a
   * cluster that is looked for, may take longer than the start.
   *
   * @param began when the JVM began
   */
  static void ready(BooleanSupplier isReady, Instant began) {
    Thread.ofVirtual()
        .name("ready-report")
        .start(
            () -> {
              try {
                while (!isReady.getAsBoolean()) {
                  Thread.sleep(BETWEEN_LOOKS);
                }
                Duration took = Duration.between(began, Instant.now());
                log.info(
                    "ready to take requests",
                    "after",
                    GoDuration.format(Duration.ofMillis(took.toMillis())));
              } catch (StoreClosedException _) {
                // It ended before it was ready.
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }
}
