package io.silverback.server.remotewrite;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.log.Log;
import io.silverback.server.storage.engine.LocalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/** The targets of remote write, as the configuration has them now. Thread-safe. */
public final class RemoteWrite {
  private static final Log log = Log.of(RemoteWrite.class);

  private final RemoteTarget.Surroundings surroundings;
  private final ReentrantLock lock = new ReentrantLock();

  /** Not changed once it is here. */
  private volatile SortedMap<String, RemoteTarget> targets = new TreeMap<>();

  /**
   * Without a target yet.
   *
   * @param leadership what of the pushes in the store this server sends; empty for all of them
   * @param folder where it is kept how far targets got; empty to keep it nowhere
   * @param names which names of metrics and labels are valid
   * @param external labels that each series gets that does not have them
   * @param retention how long the history goes back
   * @param maxWipedBytes the most heap for what has to be known of wiped groups
   * @param registry shows how it goes
   */
  public RemoteWrite(
      LocalStore store,
      Optional<Leadership> leadership,
      Optional<Path> folder,
      NameValidation names,
      Labels external,
      Duration retention,
      long maxWipedBytes,
      PrometheusRegistry registry,
      String version) {
    int readers = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    Leadership leads = leadership.orElseGet(() -> new Leadership.Alone(store));
    var cursors = new Cursors(folder, leads.slots());
    var elsewhere = new TargetsElsewhere(name -> targets.containsKey(name), System::nanoTime);
    leads.listen(cursors, elsewhere);
    surroundings =
        new RemoteTarget.Surroundings(
            store,
            leads,
            cursors,
            names,
            external,
            retention,
            maxWipedBytes,
            new Semaphore(readers),
            "silverback/" + version);
    RemoteWriteMetrics.register(registry, () -> List.copyOf(targets.values()), elsewhere);
  }

  /**
   * From now on sends to those. One that is as before goes on undisturbed; another one of the same
   * name goes on from where that got; a new one begins with what is pushed from now on.
   */
  public void follow(List<RemoteWriteConfig> configs) {
    lock.lock();
    try {
      var next = new TreeMap<String, RemoteTarget>();
      for (RemoteWriteConfig config : configs) {
        Optional<RemoteTarget> before = Optional.ofNullable(targets.get(config.name()));
        if (before.isPresent() && before.get().config().equals(config)) {
          next.put(config.name(), before.get());
        } else {
          before.ifPresent(RemoteTarget::stop);
          start(config, before).ifPresent(target -> next.put(config.name(), target));
        }
      }
      targets.forEach(
          (name, target) -> {
            if (!next.containsKey(name)) {
              target.stop();
              log.info("remote write to a target ended", "remote_name", name);
            }
          });
      targets = next;
    } finally {
      lock.unlock();
    }
  }

  /** How it goes with each target, in the order of their names. */
  public List<TargetStatus> status() {
    return targets.values().stream().map(RemoteTarget::status).toList();
  }

  private Optional<RemoteTarget> start(RemoteWriteConfig config, Optional<RemoteTarget> before) {
    if (!config.meaningless().isEmpty()) {
      log.info(
          "some keys of a remote_write change nothing here",
          "remote_name",
          config.name(),
          "keys",
          config.meaningless());
    }
    try {
      TargetStatistics statistics =
          before.map(RemoteTarget::statistics).orElseGet(TargetStatistics::new);
      var target = new RemoteTarget(config, surroundings, statistics, before);
      log.info(
          "remote write to a target began", "remote_name", config.name(), "url", config.shownUrl());
      return Optional.of(target);
    } catch (IOException e) {
      log.error(
          "a target of remote write cannot be used, nothing is sent to it",
          "remote_name",
          config.name(),
          "reason",
          String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** Sends what was pushed until now, for as long as that at most, and ends. */
  public void close(Duration patience) {
    lock.lock();
    try {
      var ending = new ArrayList<>(targets.values());
      ending.forEach(RemoteTarget::finish);
      long deadline = System.nanoTime() + patience.toNanos();
      for (RemoteTarget target : ending) {
        target.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
