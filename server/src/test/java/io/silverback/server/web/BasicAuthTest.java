package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.web.BasicAuth.Outcome;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BasicAuthTest {
  private static final String ALICE_HASH =
      "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";
  private static final Map<String, PasswordHash> USERS = users("alice", ALICE_HASH);

  /** Hashes that were checked, in order. */
  private final List<String> checked = Collections.synchronizedList(new ArrayList<>());

  private final BasicAuth counting =
      new BasicAuth(
          (password, hash) -> {
            checked.add(hash);
            return new String(password, UTF_8).equals("right");
          },
          1,
          1,
          Duration.ofSeconds(5));

  private static Map<String, PasswordHash> users(String name, String hash) {
    return Map.of(name, new PasswordHash(hash, 1));
  }

  private static String basic(String credentials) {
    return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8));
  }

  @Test
  void letsTheRightPasswordIn() {
    var auth = new BasicAuth();
    assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:s3cret-pw"), USERS));
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:s3cret-pW"), USERS));
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:"), USERS));
    assertEquals(Outcome.REFUSED, auth.verify(basic("bob:s3cret-pw"), USERS));
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
    assertEquals(Outcome.REFUSED, counting.verify(authorization, USERS));
    assertEquals(List.of(), checked);
  }

  @Test
  void theSchemeMayBeInAnyCaseAndThePasswordHoldColons() {
    var auth =
        new BasicAuth(
            (password, _) -> new String(password, UTF_8).equals("a:b"), 1, 1, BasicAuth.PATIENCE);
    String encoded = basic("alice:a:b").substring("Basic ".length());
    assertEquals(Outcome.ACCEPTED, auth.verify("bASIC " + encoded, USERS));
  }

  @Test
  void remembersBothOutcomes() {
    for (int i = 0; i < 3; i++) {
      assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS));
      assertEquals(Outcome.REFUSED, counting.verify(basic("alice:wrong"), USERS));
      assertEquals(Outcome.REFUSED, counting.verify(basic("nobody:right"), USERS));
    }
    assertEquals(3, checked.size());
  }

  @Test
  void aNewHashIsCheckedAnew() {
    counting.verify(basic("alice:right"), USERS);
    counting.verify(basic("alice:right"), users("alice", ALICE_HASH.replace("$2b$", "$2y$")));
    assertEquals(2, checked.size());
  }

  @Test
  void anUnknownUserCostsTheHighestCostInUseAndIsNeverLetIn() {
    assertEquals(Outcome.REFUSED, counting.verify(basic("nobody:right"), USERS));
    assertTrue(checked.getFirst().startsWith("$2y$04$"), checked.getFirst());
    assertTrue(new PasswordHash(checked.getFirst(), 0).isWellFormed());
    assertEquals(
        Outcome.REFUSED, counting.verify(basic("alice:right"), users("alice", "no hash at all")));
    assertTrue(checked.getLast().startsWith("$2y$10$"), checked.getLast());
  }

  @Test
  void theCacheCannotBePoisonedAcrossFields() {
    counting.verify(basic("alice" + ALICE_HASH + ":right"), USERS);
    assertEquals(Outcome.REFUSED, counting.verify(basic("alice:" + ALICE_HASH + "right"), USERS));
    assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS));
  }

  @Test
  void guessingDoesNotPushOutThoseWhoWereLetIn() {
    counting.verify(basic("alice:right"), USERS);
    for (int i = 0; i < 3 * BasicAuth.CACHE_CAPACITY; i++) {
      counting.verify(basic("alice:guess" + i), USERS);
    }
    int before = checked.size();
    assertEquals(Outcome.ACCEPTED, counting.verify(basic("alice:right"), USERS));
    assertEquals(before, checked.size());
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
            1,
            1,
            Duration.ofMillis(20));
    assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:right"), USERS));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Outcome> slow = threads.submit(() -> auth.verify(basic("alice:slow"), USERS));
      assertTrue(started.await(10, TimeUnit.SECONDS));
      assertEquals(Outcome.BUSY, auth.verify(basic("alice:other"), USERS));
      assertEquals(Outcome.ACCEPTED, auth.verify(basic("alice:right"), USERS));
      finish.countDown();
      assertEquals(Outcome.REFUSED, slow.get(10, TimeUnit.SECONDS));
    }
    assertEquals(Outcome.REFUSED, auth.verify(basic("alice:other"), USERS));
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
            1,
            0,
            Duration.ofDays(1));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Outcome> slow = threads.submit(() -> auth.verify(basic("alice:a"), USERS));
      assertTrue(started.await(10, TimeUnit.SECONDS));
      assertEquals(Outcome.BUSY, auth.verify(basic("alice:b"), USERS));
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
            1,
            100,
            Duration.ofSeconds(10));
    List<Future<Outcome>> outcomes = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        outcomes.add(threads.submit(() -> auth.verify(basic("alice:right"), USERS)));
      }
      for (Future<Outcome> outcome : outcomes) {
        assertEquals(Outcome.ACCEPTED, outcome.get(10, TimeUnit.SECONDS));
      }
    }
    assertEquals(1, checked.size());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted in a test", e);
    }
  }
}
