package io.silverback.server;

import io.silverback.server.admin.CheckPush;
import io.silverback.server.admin.ClusterCommand;
import io.silverback.server.admin.Health;
import io.silverback.server.flags.ArgumentFiles;
import io.silverback.server.flags.CheckConfig;
import io.silverback.server.flags.Flags;
import io.silverback.server.flags.LiveConfig;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.flags.TerminalWidth;
import io.silverback.server.handler.EndpointConfig;
import io.silverback.server.log.Log;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.log.Logging;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.transfer.Transfer;
import java.io.Console;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Starts the server from the command line, and ends it on SIGTERM, SIGINT or by request; or does
 * what another command says.
 */
public final class Main {
  private static final Log log = Log.of(Main.class);

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    try {
      List<String> given = ArgumentFiles.expand(List.of(arguments));
      if (Transfer.isAskedFor(given)) {
        System.exit(Transfer.run(given, TerminalWidth.of(System.getenv()), System.out, System.err));
      }
      if (ClusterCommand.isAskedFor(given)) {
        int width = TerminalWidth.of(System.getenv());
        System.exit(ClusterCommand.run(given, width, hasColours(), System.out, System.err));
      }
      if (CheckConfig.isAskedFor(given)) {
        System.exit(CheckConfig.run(given, System.getenv(), System.out, System.err));
      }
      if (CheckPush.isAskedFor(given)) {
        System.exit(CheckPush.run(given, System.getenv(), System.in, System.out, System.err));
      }
      if (Health.isAskedFor(given)) {
        System.exit(Health.run(given, System.getenv(), System.out, System.err));
      }
      switch (Flags.parse(List.of(arguments), System.getenv())) {
        case Flags.Request.Help(var text) -> System.out.print(text);
        case Flags.Request.ShowVersion() -> System.out.println(BuildInfo.current().versionText());
        case Flags.Request.Serve serve -> serve(serve);
      }
    } catch (StartUpException e) {
      System.err.println("silverback: error: " + e.getMessage());
      System.exit(1);
    }
  }

  /** True if what is printed goes to a terminal, and nobody has asked for plain text. */
  private static boolean hasColours() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()
        && Objects.requireNonNullElse(System.getenv("NO_COLOR"), "").isEmpty();
  }

  /** Of the JVM: the system knows the start of a process to a second only. */
  private static Instant began() {
    return Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
  }

  private static void serve(Flags.Request.Serve request) throws InterruptedException {
    Carriers.setUp();
    Logging.configure(LogLevel.of(request.logLevel()), LogFormat.of(request.logFormat()));
    BuildInfo build = BuildInfo.current();
    log.info("starting silverback", "version", build.summary());
    log.info("Build context", "build_context", build.context());
    EndpointConfig endpoints = request.config().endpoints();
    log.debug("external URL", "url", endpoints.flags().getOrDefault("web.external-url", ""));
    log.debug("path prefix used externally", "path", endpoints.externalPrefix());
    log.debug("path prefix for internal routing", "path", endpoints.routePrefix());
    request
        .warnings()
        .forEach(warning -> log.warn(warning.sentence(), warning.keysAndValues().toArray()));
    Gateway gateway = Gateway.start(request.config());
    StartReport.ready(gateway::isReady, began());
    LiveConfig live = request.config().live();
    // Without a file, the signal ends the process as it ends a Pushgateway.
    if (live.hasFile() && !HangUp.listen(live::reload)) {
      log.warn(
          "SIGHUP does not reach this process, as it was started by nohup or the system has none; use"
              + " /-/reload",
          "flag",
          "web.enable-lifecycle");
    }
    OldGarbage.watch(gateway::memoryIsShort);
    VirtualThreadWatch.start();
    var quitByRequest = new AtomicBoolean();
    // A JVM that ends by a signal would answer 143; for an operator this end is a success.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (!quitByRequest.get()) {
                    log.info("received SIGINT/SIGTERM; exiting gracefully...");
                  }
                  gateway.close();
                  log.info("HTTP server stopped");
                  Runtime.getRuntime().halt(0);
                },
                "shutdown"));
    gateway.awaitQuit();
    quitByRequest.set(true);
    log.warn("received termination request via web service, exiting gracefully...");
    System.exit(0);
  }
}
