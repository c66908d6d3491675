package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The connections that others opened: those in a handshake, and the one of each peer and channel.
 * Thread-safe.
 */
final class Arrivals {
  /** How many peers are remembered longer than they are connected, for each one that can be. */
  private static final int REMEMBERED = 4;

  private final Local local;
  private final Set<Inbound> handshakes = new LinkedHashSet<>();
  private final Map<Origin, Inbound> admitted = new HashMap<>();
  private final Map<Origin, Long> newestAttempts = new LinkedHashMap<>();
  private long generation;
  private boolean closed;

  private record Origin(String nodeId, long incarnation, Channel channel) {}

  Arrivals(Local local) {
    this.local = local;
  }

  /** Grows when connections are dropped. */
  synchronized long generation() {
    return generation;
  }

  synchronized int handshakes() {
    return handshakes.size();
  }

  /**
   * Lets a connection try to prove itself. Where too many do, the oldest has to go: a peer needs
   * little time, and a silent one gets older.
   */
  void begin(Inbound inbound) {
    Inbound oldest = null;
    boolean isClosed;
    synchronized (this) {
      isClosed = closed;
      if (!isClosed) {
        if (handshakes.size() >= local.settings().maxHandshakes()) {
          oldest = handshakes.iterator().next();
          handshakes.remove(oldest);
        }
        handshakes.add(inbound);
      }
    }
    if (isClosed) {
      inbound.cease();
    }
    if (oldest != null) {
      oldest.end(Refusal.CROWDED, "too many connections want to prove themselves");
    }
  }

  /**
   * Makes a proved connection the one of its peer and channel. No message of an earlier one is
   * handed over after this.
   *
   * @throws RefusedException if there is no place for it, or it came too late
   */
  void admit(Inbound inbound, Hello hello) {
    var origin = new Origin(hello.from().nodeId(), hello.from().incarnation(), hello.channel());
    Inbound earlier;
    synchronized (this) {
      if (!handshakes.remove(inbound) || closed) {
        throw new RefusedException(Refusal.DROPPED, "ended in the meantime");
      }
      if (isDroppable(hello.channel()) && inbound.generation() != generation) {
        throw new RefusedException(Refusal.DROPPED, "from before all connections were dropped");
      }
      Long newest = newestAttempts.get(origin);
      if (newest != null && Long.compareUnsigned(newest, hello.attempt()) >= 0) {
        throw new RefusedException(Refusal.REPLACED, "the peer has opened a newer connection");
      }
      earlier = admitted.get(origin);
      if (earlier == null && admitted.size() >= local.settings().maxInbound()) {
        throw new RefusedException(Refusal.FULL, "too many connections of peers");
      }
      remember(origin, hello.attempt());
      admitted.put(origin, inbound);
      if (earlier == null) {
        local.traffic().of(hello.channel()).inbound.incrementAndGet();
      }
    }
    if (earlier != null) {
      earlier.end(Refusal.REPLACED, "the peer has opened a newer connection");
      earlier.awaitCeased();
    }
  }

  synchronized void leave(Inbound inbound) {
    handshakes.remove(inbound);
    admitted
        .entrySet()
        .removeIf(
            entry -> {
              boolean isIt = entry.getValue() == inbound;
              if (isIt) {
                local.traffic().of(entry.getKey().channel()).inbound.decrementAndGet();
              }
              return isIt;
            });
  }

  /** Of the connections that are open and proved. */
  synchronized List<Session> sessions() {
    return admitted.values().stream().map(Inbound::session).filter(Objects::nonNull).toList();
  }

  /** Ends handshakes that take too long, and connections whose secret was withdrawn. */
  void check(long nowNanos) {
    long most = local.settings().handshakeTimeout().toNanos();
    List<Inbound> late;
    List<Inbound> all;
    synchronized (this) {
      late = handshakes.stream().filter(each -> nowNanos - each.acceptedNanos() > most).toList();
      all = List.copyOf(admitted.values());
    }
    late.forEach(each -> each.end(Refusal.TIMEOUT, "the handshake took too long"));
    for (Inbound each : all) {
      Session session = each.session();
      if (session != null && !local.secrets().has(session.secret())) {
        each.end(Refusal.SECRET, "the secret of the connection was taken away");
      }
    }
  }

  /**
   * Ends the connections of {@link Channel#CONTROL} and {@link Channel#DATA}. When it returns,
   * nothing that came over them is being handed over, nor will be.
   */
  void drop() {
    var dropped = new ArrayList<Inbound>();
    synchronized (this) {
      generation++;
      for (var entries = admitted.entrySet().iterator(); entries.hasNext(); ) {
        Map.Entry<Origin, Inbound> entry = entries.next();
        if (isDroppable(entry.getKey().channel())) {
          dropped.add(entry.getValue());
          entries.remove();
          local.traffic().of(entry.getKey().channel()).inbound.decrementAndGet();
        }
      }
    }
    dropped.forEach(Inbound::cease);
    dropped.forEach(Inbound::awaitCeased);
  }

  void close() {
    var all = new ArrayList<Inbound>();
    synchronized (this) {
      closed = true;
      all.addAll(handshakes);
      all.addAll(admitted.values());
    }
    all.forEach(Inbound::cease);
    all.forEach(Inbound::awaitCeased);
  }

  static boolean isDroppable(Channel channel) {
    return switch (channel) {
      case CONTROL, DATA -> true;
      case GOSSIP, CONSENSUS -> false;
    };
  }

  private void remember(Origin origin, long attempt) {
    newestAttempts.remove(origin);
    newestAttempts.put(origin, attempt);
    if (newestAttempts.size() > (long) REMEMBERED * local.settings().maxInbound()) {
      newestAttempts.remove(newestAttempts.keySet().iterator().next());
    }
  }
}
