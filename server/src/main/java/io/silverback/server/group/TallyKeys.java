package io.silverback.server.group;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Under what names of clients are counted, as in the rows of {@link Tallies}: the first half of a
 * SHA-256.
 *
 * <p>Names come from clients, and two that share a row would have it count what is not there. A
 * seed that is kept secret does not prevent that with a hash that is only fast: for MurmurHash3
 * there are texts that collide under every seed. Not thread-safe.
 */
public final class TallyKeys {
  private static final int FAMILY = 1;
  private static final int JOB = 2;
  private static final int LABEL_NAMES = 3;
  private static final int SERIES = 4;
  private static final int JOB_ENTRIES = 5;

  private final MessageDigest digest;
  private final byte[] number = new byte[Integer.BYTES];

  public TallyKeys() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=SHA-256", e);
    }
  }

  Fingerprint family(String name) {
    return add(FAMILY).add(name).finish();
  }

  public Fingerprint job(String job) {
    return add(JOB).add(job).finish();
  }

  /** A job again, for another count of its groups than that of the consistency check. */
  public Fingerprint jobEntries(String job) {
    return add(JOB_ENTRIES).add(job).finish();
  }

  /** The key's job together with the names, not the values, of its labels. */
  public Fingerprint labelNames(GroupingKey key) {
    Labels labels = key.labels();
    add(LABEL_NAMES).add(key.job());
    for (int i = 0; i < labels.size(); i++) {
      add(labels.name(i));
    }
    return finish();
  }

  /** A series; its labels say of which job it is. */
  Fingerprint series(String familyName, Labels labels) {
    add(SERIES).add(familyName);
    for (int i = 0; i < labels.size(); i++) {
      add(labels.name(i)).add(labels.value(i));
    }
    return finish();
  }

  private TallyKeys add(int value) {
    ByteBuffer.wrap(number).putInt(value);
    digest.update(number);
    return this;
  }

  /** With its length, so that neighbours never run together. */
  private TallyKeys add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    add(bytes.length);
    digest.update(bytes);
    return this;
  }

  private Fingerprint finish() {
    var hash = ByteBuffer.wrap(digest.digest());
    return new Fingerprint(hash.getLong(), hash.getLong());
  }
}
