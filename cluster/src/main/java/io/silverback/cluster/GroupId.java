package io.silverback.cluster;

import java.util.Arrays;

/** The key of a group, for maps. The bytes must not be written to. */
final class GroupId implements Comparable<GroupId> {
  private final byte[] key;

  GroupId(byte[] key) {
    this.key = key;
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
