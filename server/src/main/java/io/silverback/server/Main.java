package io.silverback.server;

import io.silverback.server.handler.BuildInfo;
import io.silverback.server.log.Log;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.log.Logging;
import java.util.List;

/** Starts the server from the command line, and ends it on SIGTERM, SIGINT or by request. */
public final class Main {
  private static final Log log = Log.of(Main.class);

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    try {
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

  private static void serve(Flags.Request.Serve request) throws InterruptedException {
    Logging.configure(LogLevel.of(request.logLevel()), LogFormat.of(request.logFormat()));
    BuildInfo build = BuildInfo.current();
    log.info("starting silverback", "version", build.summary());
    log.info("build context", "build_context", build.context());
    Gateway gateway = Gateway.start(request.config());
    // A JVM that ends by a signal would answer 143; for an operator this end is a success.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  gateway.close();
                  Runtime.getRuntime().halt(0);
                },
                "shutdown"));
    gateway.awaitQuit();
    System.exit(0);
  }
}
