package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.web.BasicAuth.Outcome;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BasicAuthTest {
  private static final String ALICE_HASH =
      "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";
  private static final InetAddress CLIENT = InetAddress.getLoopbackAddress();
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Map<String, PasswordHash> USERS = users("alice", ALICE_HASH);

  /** Hashes that were checked, in order. */
  private final List<String> checked = Collections.synchronizedList(new ArrayList<>());

  private final BasicAuth counting =
      new BasicAuth(
          (password, hash) -> {
            checked.add(hash);
            return new String(password, UTF_8).equals("right");
          },
          new PasswordQueue.Bounds(1, 1, 1, PATIENCE),
          System::nanoTime);

  private static Map<String, PasswordHash> users(String name, String hash) {
    return Map.of(name, new PasswordHash(hash, 1));
  }

  private static String basic(String credentials) {
    return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8));
  }

  @Test
  void letsTheRightPasswordIn() {
    var auth = new BasicAuth(PATIENCE);
    assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:s3cret-pw"), USERS, CLIENT));
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:s3cret-pW"), USERS, CLIENT));
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:"), USERS, CLIENT));
    assertEquals(Outcome.REFUSED, auth.verify(basic("bob:s3cret-pw"), USERS, CLIENT));
  }

  /** The hashes are those of the C library, which reads 72 bytes as Go does. */
  @ParameterizedTest
  @ValueSource(strings = {"2a", "2b", "2y"})
  void readsHashesOfOtherMakers(String version) {
    String salt = "$" + version + "$04$abcdefghijklmnopqrstuu";
    String x71 = "x".repeat(71);
    assertTrue(matches(x71, salt + ".gc7UY/21CSNJGJg21jJzx9QiOpJ9bO"));
    assertTrue(matches(x71 + "x", salt + "bzadhGtS2zEF.gu0yd0opP6cVzb.e0i"));
    assertTrue(matches(x71 + "xtail", salt + "bzadhGtS2zEF.gu0yd0opP6cVzb.e0i"));
    assertFalse(matches(x71 + "y", salt + "bzadhGtS2zEF.gu0yd0opP6cVzb.e0i"));
    assertTrue(matches("", salt + "byCG3zY1GIXMyxfivm.ClDiInHzxjiq"));
    assertTrue(matches("p\u00e4ss", salt + "F7KK/SfP9IRGj0pPJMr8GdtCS8xpmpC"));
    assertTrue(matches("s3cret-pw", salt + "fbu7IbsAKnz0sK.RhkuQd5ApLvLcZVy"));
  }

  private static boolean matches(String password, String hash) {
    assertTrue(new PasswordHash(hash, 1).isWellFormed(), hash);
    return BasicAuth.matches(password.getBytes(UTF_8), hash);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Basic",
        "Basic ",
        "Bearer YWxpY2U6cmlnaHQ=",
        "Basic YWxpY2U6cmlnaHQ",
        "Basic  YWxpY2U6cmlnaHQ=",
        "Basic YWxpY2U6cmlnaHQ= ",
        "Basic YWxpY2U6cml*aHQ=",
        "Basic YWxpY2U="
      })
  void refusesWhatIsNoCredentialsWithoutAnyWork(String authorization) {
    assertEquals(Outcome.REFUSED, counting.verify(authorization, USERS, CLIENT));
    assertEquals(List.of(), checked);
  }

  @Test
  void theSchemeMayBeInAnyCaseAndThePasswordHoldColons() {
    var auth =
        new BasicAuth(
            (password, _) -> new String(password, UTF_8).equals("a:b"),
            new PasswordQueue.Bounds(1, 1, 1, PATIENCE),
            System::nanoTime);
    String encoded = basic("alice:a:b").substring("Basic ".length());
    assertEquals(Outcome.ACCEPTED, auth.verify("bASIC " + encoded, USERS, CLIENT));
  }

  @Test
  void remembersBothOutcomes() {
    for (int i = 0; i < 3; i++) {
      assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS, CLIENT));
      assertEquals(Outcome.REFUSED, counting.verify(basic("alice:wrong"), USERS, CLIENT));
      assertEquals(Outcome.REFUSED, counting.verify(basic("nobody:right"), USERS, CLIENT));
    }
    assertEquals(3, checked.size());
  }

  @Test
  void aNewHashIsCheckedAnew() {
    counting.verify(basic("alice:right"), USERS, CLIENT);
    counting.verify(
        basic("alice:right"), users("alice", ALICE_HASH.replace("$2b$", "$2y$")), CLIENT);
    assertEquals(2, checked.size());
  }

  @Test
  void anUnknownUserCostsTheHighestCostInUseAndIsNeverLetIn() {
    assertEquals(Outcome.REFUSED, counting.verify(basic("nobody:right"), USERS, CLIENT));
    assertTrue(checked.getFirst().startsWith("$2y$04$"), checked.getFirst());
    assertTrue(new PasswordHash(checked.getFirst(), 0).isWellFormed());
    assertEquals(
        Outcome.REFUSED,
        counting.verify(basic("alice:right"), users("alice", "no hash at all"), CLIENT));
    assertTrue(checked.getLast().startsWith("$2y$10$"), checked.getLast());
  }

  @Test
  void theCacheCannotBePoisonedAcrossFields() {
    counting.verify(basic("alice" + ALICE_HASH + ":right"), USERS, CLIENT);
    assertEquals(
        Outcome.REFUSED, counting.verify(basic("alice:" + ALICE_HASH + "right"), USERS, CLIENT));
    assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS, CLIENT));
  }

  @Test
  void guessingDoesNotPushOutThoseWhoWereLetIn() {
    counting.verify(basic("alice:right"), USERS, CLIENT);
    for (int i = 0; i < 3 * BasicAuth.CACHE_CAPACITY; i++) {
      counting.verify(basic("alice:guess" + i), USERS, CLIENT);
    }
    int before = checked.size();
    assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS, CLIENT));
    assertEquals(before, checked.size());
  }

  /** Fifty threads guess without end; alice has not been here before. */
  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.2", "10.0.0.1"})
  void guessingKeepsNobodyOutWhoWasNotLetInBefore(String address) throws Exception {
    InetAddress flooder = InetAddress.ofLiteral("10.0.0.1");
    var auth =
        new BasicAuth(
            (password, hash) -> {
              checked.add(hash);
              pause(Duration.ofMillis(2));
              return new String(password, UTF_8).equals("right");
            },
            new PasswordQueue.Bounds(1, 1024, 256, Duration.ofSeconds(30)),
            System::nanoTime);
    var over = new AtomicBoolean();
    var guesses = new AtomicInteger();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        String user = "user" + i % 10;
        threads.execute(
            () -> {
              while (!over.get()) {
                auth.verify(basic(user + ":guess" + guesses.getAndIncrement()), USERS, flooder);
              }
            });
      }
      while (checked.size() < 20) {
        pause(Duration.ofMillis(1));
      }
      int before = checked.size();
      assertEquals(
          Outcome.ACCEPTED,
          auth.verify(basic("alice:right"), USERS, InetAddress.ofLiteral(address)));
      int meanwhile = checked.size() - before;
      over.set(true);
      // From another address: the check that runs, and her own. From the same one: one of each
      // user.
      int most = address.equals("10.0.0.1") ? 10 + 2 : 1 + 2;
      assertTrue(meanwhile <= most, "checks until alice was let in: " + meanwhile);
    }
  }

  @Test
  void theCacheIsBounded() {
    var cache = new PasswordCache(3);
    for (int i = 0; i < 50; i++) {
      var hash = new PasswordHash(ALICE_HASH, 1);
      cache.put(cache.key(true, new byte[] {(byte) i}, hash, new byte[0]), i % 2 == 0);
    }
    assertEquals(6, cache.size());
  }

  @Test
  void aFloodIsTurnedAwayWhileTheKnownGetIn() throws Exception {
    var started = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    var auth =
        new BasicAuth(
            (password, _) -> {
              if (new String(password, UTF_8).equals("slow")) {
                started.countDown();
                await(finish);
              }
              return new String(password, UTF_8).equals("right");
            },
            new PasswordQueue.Bounds(1, 1, 1, Duration.ofMillis(20)),
            System::nanoTime);
    assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:right"), USERS, CLIENT));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Outcome> slow = threads.submit(() -> auth.verify(basic("alice:slow"), USERS, CLIENT));
      assertTrue(started.await(10, TimeUnit.SECONDS));
      assertEquals(Outcome.BUSY, auth.verify(basic("alice:other"), USERS, CLIENT));
      assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:right"), USERS, CLIENT));
      finish.countDown();
      assertEquals(Outcome.REFUSED, slow.get(10, TimeUnit.SECONDS));
    }
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:other"), USERS, CLIENT));
  }

  @Test
  void whoFindsTheQueueFullIsTurnedAwayAtOnce() throws Exception {
    var started = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    var auth =
        new BasicAuth(
            (_, _) -> {
              started.countDown();
              await(finish);
              return false;
            },
            new PasswordQueue.Bounds(1, 0, 0, Duration.ofDays(1)),
            System::nanoTime);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Outcome> slow = threads.submit(() -> auth.verify(basic("alice:a"), USERS, CLIENT));
      assertTrue(started.await(10, TimeUnit.SECONDS));
      assertEquals(Outcome.BUSY, auth.verify(basic("alice:b"), USERS, CLIENT));
      finish.countDown();
      assertEquals(Outcome.REFUSED, slow.get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void manyConnectionsOfOneClientCostOneCheck() throws Exception {
    var auth =
        new BasicAuth(
            (_, hash) -> {
              checked.add(hash);
              return true;
            },
            new PasswordQueue.Bounds(1, 100, 100, Duration.ofSeconds(10)),
            System::nanoTime);
    List<Future<Outcome>> outcomes = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        outcomes.add(threads.submit(() -> auth.verify(basic("alice:right"), USERS, CLIENT)));
      }
      for (Future<Outcome> outcome : outcomes) {
        assertEquals(Outcome.ACCEPTED, outcome.get(10, TimeUnit.SECONDS));
      }
    }
    assertEquals(1, checked.size());
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted in a test", e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted in a test", e);
    }
  }
}
