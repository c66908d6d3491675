package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;

/**
 * Checks user names and passwords of HTTP basic authentication against bcrypt hashes. Thread-safe.
 *
 * <p>Checking is slow by design. Outcomes are remembered, at most {@link #CACHE_CAPACITY} matches
 * and as many failures, so a user who was let in before does not wait. The others share half of the
 * processors, in an order that is fair to each client network ({@link PasswordQueue}); a request
 * that finds no turn gets {@link Outcome#BUSY}.
 */
public final class BasicAuth {
  static final int CACHE_CAPACITY = 100;

  /** More than can be checked while a request has patience, so that few are turned away at once. */
  private static final int MAX_WAITING = 1024;

  private static final int MAX_WAITING_PER_NETWORK = 256;

  /** What bcrypt looks at; the rest of a longer password counts for nothing, as in Go. */
  private static final int MAX_PASSWORD_BYTES = 72;

  private static final String SCHEME = "Basic ";
  private static final int DEFAULT_COST = 10;

  /** Salt and digest of the hash that is used for an unknown user. */
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
  private final PasswordQueue queue;

  /**
   * Checks with bcrypt.
   *
   * @param patience how long a request waits for its turn
   */
  public BasicAuth(Duration patience) {
    this(
        BasicAuth::matches,
        new PasswordQueue.Bounds(
            Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
            MAX_WAITING,
            MAX_WAITING_PER_NETWORK,
            patience),
        System::nanoTime);
  }

  /**
   * With other bounds.
   *
   * @param matcher whether a password matches a well-formed hash
   */
  BasicAuth(
      BiPredicate<byte[], String> matcher, PasswordQueue.Bounds bounds, LongSupplier nanoClock) {
    this.matcher = matcher;
    this.queue = new PasswordQueue(bounds, nanoClock);
  }

  /**
   * Checks the value of an {@code Authorization} header; may block as the class says.
   *
   * <p>An unknown user costs as much time as a known one: a hash is checked all the same, of the
   * highest cost in use.
   *
   * @param authorization the header's value; empty if there is none
   * @param client where the request came from
   */
  public Outcome verify(String authorization, Map<String, PasswordHash> users, InetAddress client) {
    return credentials(authorization)
        .map(credentials -> verify(credentials, users, client))
        .orElse(Outcome.REFUSED);
  }

  private Outcome verify(
      Credentials credentials, Map<String, PasswordHash> users, InetAddress client) {
    PasswordHash found = users.get(new String(credentials.user, UTF_8));
    boolean known = found != null && found.isWellFormed();
    PasswordHash hash = found != null && known ? found : dummy(users);
    ByteBuffer key = cache.key(known, credentials.user, hash, credentials.password);
    return cache
        .get(key)
        .or(
            () ->
                queue.check(
                    ClientNetwork.of(client),
                    credentials.user,
                    key,
                    () -> check(key, known, credentials.password, hash)))
        .map(BasicAuth::outcome)
        .orElse(Outcome.BUSY);
  }

  private boolean check(ByteBuffer key, boolean known, byte[] password, PasswordHash hash) {
    // Another request may have ended with the same credentials just before this one had its turn.
    Optional<Boolean> remembered = cache.get(key);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    boolean matched = matcher.test(password, hash.text()) && known;
    cache.put(key, matched);
    return matched;
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

  /** True if a header of that value is about a name and a password. */
  static boolean isMeant(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
  }

  /**
   * The name that {@link #verify} looks for, read as it is there: another reading could give one
   * user the rights of another.
   */
  static String userIn(String authorization) {
    return credentials(authorization)
        .map(credentials -> new String(credentials.user, UTF_8))
        .orElse("");
  }

  private static Optional<Credentials> credentials(String authorization) {
    if (!isMeant(authorization)) {
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
