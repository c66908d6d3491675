package io.silverback.cluster;

import java.util.Arrays;

/** The key of a group, for maps. The bytes must not be written to. */
final class GroupId {
  private final byte[] key;

  GroupId(byte[] key) {
    this.key = key;
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
