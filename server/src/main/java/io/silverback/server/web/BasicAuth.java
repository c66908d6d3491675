package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/**
 * Checks user names and passwords of HTTP basic authentication against bcrypt hashes. Thread-safe.
 *
 * <p>Checking is slow by design. Outcomes are remembered, at most {@link #CACHE_CAPACITY} matches
 * and as many failures; at most half of the processors check at a time, at most {@link
 * #MAX_WAITING} requests wait for them, and none longer than {@link #PATIENCE}: beyond that the
 * answer is {@link Outcome#BUSY}, at once. Whoever has been let in before does not wait.
 */
public final class BasicAuth {
  static final int CACHE_CAPACITY = 100;
  static final int MAX_WAITING = 64;
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What bcrypt looks at; the rest of a longer password counts for nothing, as in Go. */
  private static final int MAX_PASSWORD_BYTES = 72;

  private static final String SCHEME = "Basic ";
  private static final int DEFAULT_COST = 10;

  /** Salt and digest of the hash that stands in for that of an unknown user. */
  private static final String DUMMY_DIGEST =
      "abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";

  /** What became of a check. */
  public enum Outcome {
    /** The user is known and the password is theirs. */
    ACCEPTED,
    /** No credentials, or wrong ones. */
    REFUSED,
    /** Too many passwords are being checked; nothing is known about these. */
    BUSY
  }

  private static final class Credentials {
    final byte[] user;
    final byte[] password;

    Credentials(byte[] user, byte[] password) {
      this.user = user;
      this.password = password;
    }
  }

  private final PasswordCache cache = new PasswordCache(CACHE_CAPACITY);
  private final BiPredicate<byte[], String> matcher;
  private final Semaphore processors;
  private final Semaphore room;
  private final Duration patience;

  /** With the bounds of the class. */
  public BasicAuth() {
    this(
        BasicAuth::matches,
        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
        MAX_WAITING,
        PATIENCE);
  }

  /**
   * With other bounds.
   *
   * @param matcher whether a password matches a well-formed hash
   */
  BasicAuth(
      BiPredicate<byte[], String> matcher, int concurrency, int maxWaiting, Duration patience) {
    this.matcher = matcher;
    this.processors = new Semaphore(concurrency, true);
    this.room = new Semaphore(concurrency + maxWaiting);
    this.patience = patience;
  }

  /**
   * Checks the value of an {@code Authorization} header; may block as the class says.
   *
   * <p>An unknown user costs as much time as a known one: a hash is checked all the same, of the
   * highest cost in use.
   *
   * @param authorization the header's value; empty if there is none
   */
  public Outcome verify(String authorization, Map<String, PasswordHash> users) {
    return credentials(authorization)
        .map(credentials -> verify(credentials, users))
        .orElse(Outcome.REFUSED);
  }

  private Outcome verify(Credentials credentials, Map<String, PasswordHash> users) {
    PasswordHash found = users.get(new String(credentials.user, UTF_8));
    boolean known = found != null && found.isWellFormed();
    PasswordHash hash = found != null && known ? found : dummy(users);
    ByteBuffer key = cache.key(known, credentials.user, hash, credentials.password);
    Optional<Boolean> remembered = cache.get(key);
    if (remembered.isPresent()) {
      return outcome(remembered.get());
    }
    if (!room.tryAcquire()) {
      return Outcome.BUSY;
    }
    try {
      return checkInTurn(key, known, credentials.password, hash);
    } finally {
      room.release();
    }
  }

  private Outcome checkInTurn(ByteBuffer key, boolean known, byte[] password, PasswordHash hash) {
    try {
      if (!processors.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return Outcome.BUSY;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.BUSY;
    }
    try {
      // Many connections of one client arrive together; only the first of them has to work.
      Optional<Boolean> remembered = cache.get(key);
      if (remembered.isPresent()) {
        return outcome(remembered.get());
      }
      boolean matched = matcher.test(password, hash.text()) && known;
      cache.put(key, matched);
      return outcome(matched);
    } finally {
      processors.release();
    }
  }

  private static Outcome outcome(boolean matched) {
    return matched ? Outcome.ACCEPTED : Outcome.REFUSED;
  }

  private static PasswordHash dummy(Map<String, PasswordHash> users) {
    int cost =
        users.values().stream()
            .filter(PasswordHash::isWellFormed)
            .mapToInt(PasswordHash::cost)
            .max()
            .orElse(DEFAULT_COST);
    return new PasswordHash("$2y$%02d$%s".formatted(cost, DUMMY_DIGEST), 0);
  }

  static boolean matches(byte[] password, String hash) {
    byte[] counted = Arrays.copyOf(password, Math.min(password.length, MAX_PASSWORD_BYTES));
    return BCrypt.verifyer(BCrypt.Version.VERSION_2B, LongPasswordStrategies.none())
        .verify(counted, hash.getBytes(UTF_8))
        .verified;
  }

  private static Optional<Credentials> credentials(String authorization) {
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.empty();
    }
    String encoded = authorization.substring(SCHEME.length());
    if (encoded.length() % 4 != 0) {
      return Optional.empty();
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    for (int i = 0; i < decoded.length; i++) {
      if (decoded[i] == ':') {
        return Optional.of(
            new Credentials(
                Arrays.copyOf(decoded, i), Arrays.copyOfRange(decoded, i + 1, decoded.length)));
      }
    }
    return Optional.empty();
  }
}
