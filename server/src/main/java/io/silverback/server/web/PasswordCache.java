package io.silverback.server.web;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * What password checks have shown, the most recently asked first. Bounded, thread-safe.
 *
 * <p>Holds no password: an entry is known by a digest over a secret of this process, the user, the
 * hash and the password. Failures have room of their own, so that guessing pushes nobody out.
 */
final class PasswordCache {
  private static final int SECRET_LENGTH = 32;

  private final byte[] secret = new byte[SECRET_LENGTH];
  private final Map<ByteBuffer, Boolean> matches;
  private final Map<ByteBuffer, Boolean> failures;

  /** Room for that many matches, and as many failures. */
  PasswordCache(int capacity) {
    new SecureRandom().nextBytes(secret);
    matches = Collections.synchronizedMap(new RecentlyUsed<>(capacity));
    failures = Collections.synchronizedMap(new RecentlyUsed<>(capacity));
  }

  /** The name under which an outcome is kept. */
  ByteBuffer key(boolean known, byte[] user, PasswordHash hash, byte[] password) {
    byte[] hashText = hash.text().getBytes(StandardCharsets.UTF_8);
    MessageDigest digest = sha256();
    digest.update(secret);
    // Lengths in between: no two triples may run into the same bytes.
    var lengths = ByteBuffer.allocate(1 + 2 * Integer.BYTES);
    lengths.put((byte) (known ? 1 : 0)).putInt(user.length).putInt(hashText.length);
    digest.update(lengths.array());
    digest.update(user);
    digest.update(hashText);
    digest.update(password);
    return ByteBuffer.wrap(digest.digest());
  }

  Optional<Boolean> get(ByteBuffer key) {
    if (matches.get(key) != null) {
      return Optional.of(true);
    }
    return failures.get(key) != null ? Optional.of(false) : Optional.empty();
  }

  void put(ByteBuffer key, boolean matched) {
    (matched ? matches : failures).put(key, matched);
  }

  int size() {
    return matches.size() + failures.size();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=SHA-256", e);
    }
  }
}
