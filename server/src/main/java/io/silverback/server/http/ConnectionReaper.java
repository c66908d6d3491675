package io.silverback.server.http;

import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that wait for their clients for too long; and where others wait for what they
 * hold, those that make the least progress, before their time.
 *
 * <p>Thread-safe. Has a thread of its own from its start to its close.
 */
final class ConnectionReaper implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);
  private static final int MOST_LOGGED_CLIENTS = 100;

  /** Ended in one tick, as a part of those there may be: a second is enough for all of them. */
  private static final int PART_OF_A_TICK = 10;

  private static final Log log = Log.of(ConnectionReaper.class);

  private final RateLimitedLog limited =
      new RateLimitedLog(log, LOG_INTERVAL, MOST_LOGGED_CLIENTS, System::nanoTime);

  private final Supplier<List<Listener>> listeners;
  private final ConnectionLimits limits;
  private final HeadMemory headMemory;
  private final Pressure pressure;
  private final Consumer<CutOff> onCutOff;
  private @Nullable Thread thread;

  ConnectionReaper(
      Supplier<List<Listener>> listeners,
      ConnectionLimits limits,
      HeadMemory headMemory,
      Pressure pressure,
      Consumer<CutOff> onCutOff) {
    this.listeners = listeners;
    this.limits = limits;
    this.headMemory = headMemory;
    this.pressure = pressure;
    this.onCutOff = onCutOff;
  }

  void start() {
    thread = Thread.ofPlatform().daemon().name("connection-reaper").start(this::watch);
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }

  private void watch() {
    while (true) {
      try {
        Thread.sleep(TICK);
      } catch (InterruptedException _) {
        return;
      }
      try {
        check(System.nanoTime());
      } catch (RuntimeException e) {
        log.error("checking the connections failed", "err", e);
      }
    }
  }

  private void check(long nowNanos) {
    boolean bodiesWait = pressure.bodiesWait();
    boolean answersWait = pressure.answersWait();
    boolean headsAreMany = headMemory.isShort();
    for (Listener listener : listeners.get()) {
      for (ServedConnection each : listener.connections()) {
        each.connection().overdue(nowNanos).ifPresent(reason -> end(each.connection(), reason));
      }
      if (listener.isFull()) {
        clear(listener, nowNanos, CutOff.CROWDED, _ -> true);
      }
      if (bodiesWait) {
        clear(listener, nowNanos, CutOff.SHORT_OF_MEMORY, Connection::isInBody);
      }
      if (headsAreMany) {
        clear(listener, nowNanos, CutOff.CROWDED, Connection::isInHead);
      }
      if (answersWait) {
        openOf(listener).stream()
            .filter(each -> each.isUnread(nowNanos))
            .forEach(each -> end(each, CutOff.UNREAD_WHILE_OTHERS_WAIT));
      }
    }
  }

  /**
   * Ends some of those that wait for their clients: the slowest first, of those equally slow the
   * ones of the address that has the most.
   */
  private void clear(
      Listener listener, long nowNanos, CutOff reason, Predicate<Connection> isMeant) {
    Collection<Connection> open = openOf(listener);
    Map<String, Integer> byClient = new HashMap<>();
    open.forEach(each -> byClient.merge(nameOf(each), 1, Integer::sum));
    ToDoubleFunction<Connection> rate = each -> each.bytesASecond(nowNanos);
    ToLongFunction<Connection> company = each -> byClient.getOrDefault(nameOf(each), 0);
    // Rates change while they are compared, so each is asked once.
    record Candidate(Connection connection, double rate, long company) {}
    open.stream()
        .filter(each -> isMeant.test(each) && each.isUnhelpful(nowNanos))
        .map(it -> new Candidate(it, rate.applyAsDouble(it), company.applyAsLong(it)))
        .sorted(
            Comparator.comparingDouble(Candidate::rate)
                .thenComparing(Candidate::company, Comparator.reverseOrder()))
        .limit(Math.max(1, listener.most() / PART_OF_A_TICK))
        .forEach(it -> end(it.connection(), reason));
  }

  private static List<Connection> openOf(Listener listener) {
    return listener.connections().stream().map(ServedConnection::connection).toList();
  }

  /** As text, which has an order: a network of IPv6 has many addresses of one hash code. */
  private static String nameOf(Connection connection) {
    return addressOf(connection).getHostAddress();
  }

  private static InetAddress addressOf(Connection connection) {
    return connection.client().getAddress();
  }

  private void end(Connection connection, CutOff reason) {
    if (connection.end(reason)) {
      onCutOff.accept(reason);
      limited.info(
          addressOf(connection),
          "cut off a client",
          "source",
          connection.client(),
          "flag",
          reason.flag(),
          "err",
          limits.sentence(reason));
    } else if (reason == CutOff.CROWDED) {
      onCutOff.accept(reason);
    }
  }
}
