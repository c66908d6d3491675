package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PasswordQueueTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String A = "10.0.0.1";
  private static final String B = "10.0.0.2";
  private static final String C = "10.0.0.3";

  private static final Set<Thread.State> AT_REST =
      EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);

  private final AtomicLong clock = new AtomicLong();

  /** Each permit lets one running check end. */
  private final Semaphore ends = new Semaphore(0);

  /** What was checked, in the order of the turns. */
  private final List<String> turns = Collections.synchronizedList(new ArrayList<>());

  private PasswordQueue queue = queue(1, 100, 100);

  private PasswordQueue queue(int running, int waiting, int waitingPerNetwork) {
    return new PasswordQueue(
        new PasswordQueue.Bounds(running, waiting, waitingPerNetwork, LONG), clock::get);
  }

  @AfterEach
  void stop() {
    ends.release(1_000_000);
  }

  /** Asks in a thread of its own, and returns once the request runs, waits or was turned away. */
  private Request ask(String address, String credentials) throws Exception {
    var answer = new FutureTask<>(() -> check(address, credentials));
    Thread thread = Thread.ofVirtual().start(answer);
    while (!AT_REST.contains(thread.getState())) {
      Thread.sleep(1);
    }
    return new Request(thread, answer);
  }

  private record Request(Thread thread, FutureTask<Optional<Boolean>> answer) {
    Optional<Boolean> get() throws Exception {
      return answer.get(10, TimeUnit.SECONDS);
    }

    boolean isTurnedAway() throws Exception {
      return answer.isDone() && get().isEmpty();
    }
  }

  private Optional<Boolean> check(String address, String credentials) {
    String user = credentials.substring(0, credentials.indexOf(':'));
    return queue.check(
        ClientNetwork.of(InetAddress.ofLiteral(address)),
        user.getBytes(UTF_8),
        ByteBuffer.wrap(credentials.getBytes(UTF_8)),
        () -> {
          turns.add(credentials);
          ends.acquireUninterruptibly();
          return credentials.endsWith(":right");
        });
  }

  /** Lets the checks end one after the other. */
  private List<String> finish(Request... asked) throws Exception {
    ends.release(asked.length);
    for (Request one : asked) {
      one.get();
    }
    return List.copyOf(turns);
  }

  @Test
  void networksTakeTurns() throws Exception {
    List<String> order =
        finish(
            ask(A, "a:1"),
            ask(A, "a:2"),
            ask(A, "a:3"),
            ask(B, "b:1"),
            ask(B, "b:2"),
            ask(C, "c:1"));

    assertEquals(List.of("a:1", "b:1", "c:1", "a:2", "b:2", "a:3"), order);
  }

  @Test
  void aNetworkInWhichAPasswordWasWrongGoesAfterOthers() throws Exception {
    finish(ask(A, "a:0"));
    Request running = ask(B, "b:right");

    List<String> order =
        finish(running, ask(A, "a:1"), ask(A, "a:2"), ask(B, "c:right"), ask(B, "d:right"));

    assertEquals(List.of("a:0", "b:right", "c:right", "d:right", "a:1", "a:2"), order);
  }

  @Test
  void thatIsForgottenAfterAMinute() throws Exception {
    finish(ask(A, "a:0"));
    clock.addAndGet(PasswordQueue.LATELY.toNanos());

    List<String> order = finish(ask(C, "c:right"), ask(A, "a:1"), ask(B, "b:right"));

    assertEquals(List.of("a:0", "c:right", "a:1", "b:right"), order);
  }

  @Test
  void usersOfOneNetworkTakeTurns() throws Exception {
    List<String> order =
        finish(
            ask(A, "admin:0"),
            ask(A, "admin:1"),
            ask(A, "admin:2"),
            ask(A, "root:1"),
            ask(A, "root:2"),
            ask(A, "alice:right"));

    assertEquals(
        List.of("admin:0", "admin:1", "root:1", "alice:right", "admin:2", "root:2"), order);
  }

  @Test
  void aNetworkWithManyUsersHasNoMoreTurnsThanOneWithFew() throws Exception {
    finish(ask(A, "a:0"), ask(B, "b:0"));

    List<String> order =
        finish(
            ask(A, "u1:1"),
            ask(A, "u2:1"),
            ask(A, "u3:1"),
            ask(A, "u4:1"),
            ask(B, "b:1"),
            ask(B, "b:2"));

    assertEquals(List.of("u1:1", "b:1", "u2:1", "b:2", "u3:1", "u4:1"), order.subList(2, 8));
  }

  @Test
  void theWaitDoesNotDependOnTheUserName() throws Exception {
    // The queue cannot know who exists; the oldest of several new names is next.
    List<String> order = finish(ask(A, "x:0"), ask(A, "nobody:1"), ask(A, "alice:right"));

    assertEquals(List.of("x:0", "nobody:1", "alice:right"), order);
  }

  @Test
  void whereTheQueueIsFullTheNetworkWithTheMostRequestsLosesItsNewest() throws Exception {
    queue = queue(1, 4, 4);
    Request running = ask(C, "c:right");
    Request first = ask(A, "a:1");
    Request second = ask(A, "a:2");
    Request third = ask(A, "a:3");
    Request other = ask(B, "b:1");

    Request newcomer = ask("10.0.0.4", "alice:right");

    assertTrue(third.isTurnedAway());
    assertEquals(
        List.of("c:right", "a:1", "b:1", "alice:right", "a:2"),
        finish(running, first, second, other, newcomer));
  }

  @Test
  void whereTheQueueIsFullANetworkThatFailedLatelyLosesBeforeOthers() throws Exception {
    queue = queue(1, 3, 3);
    finish(ask(A, "a:0"));
    Request running = ask(C, "c:right");
    Request first = ask(B, "b:right");
    Request failed = ask(A, "a:right");
    Request second = ask(B, "e:right");

    Request newcomer = ask("10.0.0.4", "alice:right");

    assertTrue(failed.isTurnedAway());
    assertEquals(
        List.of("a:0", "c:right", "b:right", "alice:right", "e:right"),
        finish(running, first, second, newcomer));
  }

  @Test
  void oneNetworkCannotFillTheQueue() throws Exception {
    queue = queue(1, 100, 2);
    Request running = ask(A, "admin:0");
    Request first = ask(A, "admin:1");
    Request second = ask(A, "admin:2");

    Request alice = ask(A, "alice:right");
    Request third = ask(A, "bob:1");
    Request other = ask(B, "b:right");

    assertTrue(second.isTurnedAway());
    assertTrue(third.isTurnedAway());
    assertEquals(
        List.of("admin:0", "b:right", "admin:1", "alice:right"),
        finish(running, first, alice, other));
  }

  @Test
  void oneCheckAnswersAllThatAskTheSame() throws Exception {
    Request first = ask(A, "alice:right");
    Request second = ask(A, "alice:right");
    Request elsewhere = ask(B, "alice:right");
    Request other = ask(B, "alice:wrong");

    assertEquals(List.of("alice:right", "alice:wrong"), finish(first, second, elsewhere, other));
    assertEquals(Optional.of(true), first.get());
    assertEquals(Optional.of(true), second.get());
    assertEquals(Optional.of(true), elsewhere.get());
    assertEquals(Optional.of(false), other.get());
  }

  @Test
  void aRequestWithoutATurnIsTurnedAwayWhenItsPatienceEnds() throws Exception {
    queue =
        new PasswordQueue(new PasswordQueue.Bounds(1, 10, 10, Duration.ofMillis(20)), clock::get);
    Request running = ask(A, "a:right");

    assertEquals(Optional.empty(), ask(B, "b:right").get());
    finish(running);
    assertEquals(List.of("a:right", "c:right"), finish(ask(C, "c:right")));
  }

  @Test
  void anInterruptedRequestLeavesTheQueue() throws Exception {
    Request running = ask(A, "a:right");
    Request interrupted = ask(B, "b:right");
    Request last = ask(C, "c:right");

    interrupted.thread().interrupt();

    assertEquals(Optional.empty(), interrupted.get());
    assertEquals(List.of("a:right", "c:right"), finish(running, last));
  }

  @Test
  void aCheckThatFailsGivesItsPlaceBackAndAnswersNobodyElse() throws Exception {
    var fault = new IllegalStateException("a bug");
    var credentials = ByteBuffer.wrap("x:y".getBytes(UTF_8));
    var network = ClientNetwork.of(InetAddress.ofLiteral(A));

    assertSame(
        fault,
        assertThrows(
            IllegalStateException.class,
            () ->
                queue.check(
                    network,
                    new byte[0],
                    credentials,
                    () -> {
                      throw fault;
                    })));
    assertEquals(List.of("a:right"), finish(ask(A, "a:right")));
  }

  @Test
  void manyThreadsNeverRunMoreChecksThanAllowedAndLoseNoTurn() throws Exception {
    long seed = new Random().nextLong();
    queue = queue(2, 50, 20);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var answers = new AtomicInteger();
    var random = new Random(seed);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        var network = new ClientNetwork(random.nextInt(8));
        byte[] user = {(byte) random.nextInt(4)};
        var credentials = ByteBuffer.allocate(8).putInt(i % 1_500).flip();
        threads.execute(
            () -> {
              Optional<Boolean> answer =
                  queue.check(
                      network,
                      user,
                      credentials,
                      () -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        Thread.onSpinWait();
                        running.decrementAndGet();
                        return true;
                      });
              answers.addAndGet(answer.isPresent() ? 1 : 0);
            });
      }
    }

    assertTrue(most.get() <= 2, "seed=" + seed + " most=" + most);
    assertTrue(answers.get() >= 2, "seed=" + seed + " answers=" + answers);
    assertEquals(List.of("a:right"), finish(ask(A, "a:right")), "seed=" + seed);
  }
}
