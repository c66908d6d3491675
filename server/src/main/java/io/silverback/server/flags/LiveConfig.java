package io.silverback.server.flags;

import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.log.Log;
import io.silverback.server.remotewrite.RemoteWriteConfig;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What follows the file of {@code --config.file} while the server runs, read again whenever anyone
 * asks for it. A file that is broken changes nothing. Thread-safe.
 */
public final class LiveConfig {
  private static final Log log = Log.of(LiveConfig.class);

  private final ReentrantLock reloading = new ReentrantLock();
  private final Settings started;
  private final String file;
  private final Supplier<Settings> reading;
  private volatile Settings current;

  /** Guarded by the lock. */
  private Consumer<List<RemoteWriteConfig>> remoteWriteFollower = _ -> {};

  private volatile boolean lastSucceeded = true;
  private volatile Instant lastSuccess = Instant.now();

  /**
   * What may change, and what may not.
   *
   * @param flags those that need a restart, with their values
   */
  record Settings(
      StalenessRules staleness,
      RewriteRules rewrite,
      List<RemoteWriteConfig> remoteWrite,
      Map<String, List<String>> flags) {
    Settings {
      remoteWrite = List.copyOf(remoteWrite);
      flags = Map.copyOf(flags);
    }
  }

  /**
   * Starts with what was read already.
   *
   * @param file its name for the log; empty if there is none
   * @param reading reads it again, or throws a {@link StartUpException}
   */
  LiveConfig(Settings started, String file, Supplier<Settings> reading) {
    this.started = started;
    this.file = file;
    this.reading = reading;
    this.current = started;
  }

  public boolean hasFile() {
    return !file.isEmpty();
  }

  /** Its name, if there is one. */
  public String file() {
    return file;
  }

  public StalenessRules staleness() {
    return current.staleness();
  }

  public RewriteRules rewrite() {
    return current.rewrite();
  }

  public List<RemoteWriteConfig> remoteWrite() {
    return current.remoteWrite();
  }

  /** Calls the consumer with the targets of remote write, now and after each reload. */
  public void followRemoteWrite(Consumer<List<RemoteWriteConfig>> consumer) {
    reloading.lock();
    try {
      remoteWriteFollower = consumer;
      consumer.accept(current.remoteWrite());
    } finally {
      reloading.unlock();
    }
  }

  /** Whether the file was sound when it was last read. */
  public boolean lastSucceeded() {
    return lastSucceeded;
  }

  /** When the file was last read and sound. */
  public Instant lastSuccess() {
    return lastSuccess;
  }

  /**
   * Reads the file again, and says in the log what came of it.
   *
   * @return what is wrong with it; empty if all went well
   */
  public Optional<String> reload() {
    reloading.lock();
    try {
      Settings next = reading.get();
      warnOfFlags(next);
      current = next;
      remoteWriteFollower.accept(next.remoteWrite());
      lastSuccess = Instant.now();
      lastSucceeded = true;
      log.info(
          "configuration reloaded",
          "file",
          file,
          "staleness_rules",
          next.staleness().rules().size(),
          "rewrite_rules",
          next.rewrite().size(),
          "remote_write_targets",
          next.remoteWrite().size());
      return Optional.empty();
    } catch (StartUpException e) {
      String reason = String.valueOf(e.getMessage());
      lastSucceeded = false;
      log.error("configuration not reloaded, the old one goes on", "err", reason);
      return Optional.of(reason);
    } finally {
      reloading.unlock();
    }
  }

  private void warnOfFlags(Settings next) {
    new TreeMap<>(next.flags())
        .forEach(
            (name, value) -> {
              if (!value.equals(started.flags().get(name))) {
                log.warn("flag has another value now, which needs a restart", "flag", name);
              }
            });
  }
}
