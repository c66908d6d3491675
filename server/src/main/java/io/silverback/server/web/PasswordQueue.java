package io.silverback.server.web;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The order in which password checks run, so that a client that guesses passwords cannot keep
 * others out. Thread-safe.
 *
 * <p>A few checks run at a time, the others wait. The next one is that of
 *
 * <ol>
 *   <li>a network in which no password was wrong lately;
 *   <li>among those, the network whose last turn was longest ago;
 *   <li>within the network, the user whose last turn was longest ago;
 *   <li>for this user, the request that has waited longest.
 * </ol>
 *
 * <p>So a client that never failed waits for the check that is running, and a user who shares an
 * address with a flood waits for one check of each other user name in it at most. Whether a user
 * exists plays no part: the wait must not tell.
 *
 * <p>Waiting is bounded in number and time. Where the queue is full, the network with the most
 * waiting requests loses its newest one, so a flood makes room for others. What is remembered of
 * networks and users has a fixed size.
 */
final class PasswordQueue {
  /** How long a network counts as one in which passwords were wrong. */
  static final Duration LATELY = Duration.ofMinutes(1);

  /** Networks, and users, of which the last turn is known. */
  private static final int MAX_REMEMBERED = 4096;

  /**
   * How much the queue takes.
   *
   * @param running the most checks at a time
   * @param waiting the most requests that wait
   * @param waitingPerNetwork the most of them from one network
   * @param patience how long a request waits at most
   */
  record Bounds(int running, int waiting, int waitingPerNetwork, Duration patience) {}

  /** A user name as seen from one network, by its hash: names may be long. */
  private record Applicant(ClientNetwork network, int userHash) {}

  private enum State {
    WAITING,
    MY_TURN,
    /** Another request with the same credentials was checked. */
    ANSWERED,
    TURNED_AWAY
  }

  private final class Ticket {
    final Applicant applicant;
    final ByteBuffer credentials;
    final long turnsBefore = turns;
    final Condition decided = lock.newCondition();
    State state = State.WAITING;
    boolean matched;

    Ticket(Applicant applicant, ByteBuffer credentials) {
      this.applicant = applicant;
      this.credentials = credentials;
    }

    ClientNetwork network() {
      return applicant.network();
    }

    void decide(State next) {
      state = next;
      decided.signal();
    }
  }

  private final Bounds bounds;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();

  // All guarded by the lock.
  private final List<Ticket> waiting = new ArrayList<>();
  private final Map<ClientNetwork, Long> lastTurns = new RecentlyUsed<>(MAX_REMEMBERED);
  private final Map<Applicant, Long> lastTurnsOfUsers = new RecentlyUsed<>(MAX_REMEMBERED);
  private final Map<ClientNetwork, Long> failedAtNanos = new RecentlyUsed<>(MAX_REMEMBERED);
  private int running;
  private long turns;

  PasswordQueue(Bounds bounds, LongSupplier nanoClock) {
    this.bounds = bounds;
    this.nanoClock = nanoClock;
  }

  /**
   * Waits for a turn and then runs the check, in the thread of the caller.
   *
   * @param credentials equal for the same user, password and hash: one check answers all of them
   * @param check whether the password is right
   * @return what the check said; empty if there was no turn for it
   */
  Optional<Boolean> check(
      ClientNetwork network, byte[] user, ByteBuffer credentials, BooleanSupplier check) {
    Ticket ticket = await(new Applicant(network, Arrays.hashCode(user)), credentials);
    return switch (ticket.state) {
      case MY_TURN -> run(ticket, check);
      case ANSWERED -> Optional.of(ticket.matched);
      case WAITING, TURNED_AWAY -> Optional.empty();
    };
  }

  /** A ticket that waits no more; without a decision if that took too long. */
  private Ticket await(Applicant applicant, ByteBuffer credentials) {
    lock.lock();
    try {
      var ticket = new Ticket(applicant, credentials);
      waiting.add(ticket);
      callNext();
      keepBounds(applicant.network());
      awaitDecision(ticket);
      waiting.remove(ticket);
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  private void awaitDecision(Ticket ticket) {
    long left = bounds.patience().toNanos();
    try {
      while (ticket.state == State.WAITING && left > 0) {
        left = ticket.decided.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      // A turn that was given meanwhile is still taken: nobody else knows of it.
      Thread.currentThread().interrupt();
    }
  }

  private Optional<Boolean> run(Ticket ticket, BooleanSupplier check) {
    Optional<Boolean> outcome = Optional.empty();
    try {
      outcome = Optional.of(check.getAsBoolean());
      return outcome;
    } finally {
      end(ticket, outcome);
    }
  }

  private void end(Ticket ticket, Optional<Boolean> outcome) {
    lock.lock();
    try {
      running--;
      outcome.ifPresent(matched -> tell(ticket, matched));
      callNext();
    } finally {
      lock.unlock();
    }
  }

  private void tell(Ticket checked, boolean matched) {
    if (!matched) {
      failedAtNanos.put(checked.network(), nanoClock.getAsLong());
    }
    waiting.removeIf(
        ticket -> {
          boolean same = ticket.credentials.equals(checked.credentials);
          if (same) {
            ticket.matched = matched;
            ticket.decide(State.ANSWERED);
          }
          return same;
        });
  }

  private void callNext() {
    while (running < bounds.running() && !waiting.isEmpty()) {
      Ticket next = Collections.min(waiting, byTurn(nanoClock.getAsLong()));
      waiting.remove(next);
      running++;
      turns++;
      lastTurns.put(next.network(), turns);
      lastTurnsOfUsers.put(next.applicant, turns);
      next.decide(State.MY_TURN);
    }
  }

  /** The next first; of equal ones, the list has the oldest first. */
  private Comparator<Ticket> byTurn(long nowNanos) {
    return Comparator.<Ticket, Boolean>comparing(ticket -> failedLately(ticket, nowNanos))
        .thenComparingLong(t -> lastTurns.getOrDefault(t.network(), t.turnsBefore))
        .thenComparingLong(t -> lastTurnsOfUsers.getOrDefault(t.applicant, t.turnsBefore));
  }

  private boolean failedLately(Ticket ticket, long nowNanos) {
    Long failed = failedAtNanos.get(ticket.network());
    return failed != null && nowNanos - failed < LATELY.toNanos();
  }

  /** Turns a request away if there are too many now that one more came from that network. */
  private void keepBounds(ClientNetwork newcomer) {
    if (waiting.size() <= Math.min(bounds.waiting(), bounds.waitingPerNetwork())) {
      return;
    }
    List<Ticket> ofNetwork =
        waiting.stream().filter(ticket -> ticket.network().equals(newcomer)).toList();
    if (ofNetwork.size() > bounds.waitingPerNetwork()) {
      turnAwayOneOf(ofNetwork);
    } else if (waiting.size() > bounds.waiting()) {
      turnAwayOneOf(waiting);
    }
  }

  /** The newest request of the user with the most of them, in the network with the most of them. */
  private void turnAwayOneOf(List<Ticket> tickets) {
    var ofNetworks = new HashMap<ClientNetwork, Integer>();
    var ofApplicants = new HashMap<Applicant, Integer>();
    for (Ticket ticket : tickets) {
      ofNetworks.merge(ticket.network(), 1, Integer::sum);
      ofApplicants.merge(ticket.applicant, 1, Integer::sum);
    }
    long now = nanoClock.getAsLong();
    Ticket last =
        Collections.max(
            tickets.reversed(),
            Comparator.<Ticket, Boolean>comparing(ticket -> failedLately(ticket, now))
                .thenComparing(ticket -> ofNetworks.get(ticket.network()))
                .thenComparing(ticket -> ofApplicants.get(ticket.applicant)));
    waiting.remove(last);
    last.decide(State.TURNED_AWAY);
  }
}
