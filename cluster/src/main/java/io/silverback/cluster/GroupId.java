package io.silverback.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The key of a group or the name of a job, for maps: of a long one only a digest, so that maps of
 * many stay small. The bytes must not be written to.
 */
public final class GroupId implements Comparable<GroupId> {
  private static final int LONGEST = 128;

  private final byte[] key;

  public GroupId(byte[] key) {
    this.key = key.length <= LONGEST ? key : digest(key);
  }

  public static GroupId of(String text) {
    return new GroupId(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Begins with a 0, as no encoded key does: its first byte is the length of a label name. */
  private static byte[] digest(byte[] key) {
    try {
      byte[] whole = MessageDigest.getInstance("SHA-256").digest(key);
      byte[] marked = new byte[1 + whole.length];
      System.arraycopy(whole, 0, marked, 1, whole.length);
      return marked;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** An order for tables: clients choose the keys, and so can make many share a hash code. */
  @Override
  public int compareTo(GroupId other) {
    return Arrays.compareUnsigned(key, other.key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GroupId that && Arrays.equals(key, that.key);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key);
  }
}
