package io.silverback.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * What is remembered of a subject in place of its text, which a client may have made and made long:
 * half of a SHA-256 over a secret of this process, so that clients cannot choose it either.
 */
record SubjectDigest(long high, long low) {
  private static final byte[] SECRET = new byte[16];

  static {
    new SecureRandom().nextBytes(SECRET);
  }

  static SubjectDigest of(Object subject) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=SHA-256", e);
    }
    digest.update(SECRET);
    ByteBuffer bytes = ByteBuffer.wrap(digest.digest(subject.toString().getBytes(UTF_8)));
    return new SubjectDigest(bytes.getLong(), bytes.getLong());
  }
}
