package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.security.MessageDigest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class GroupIdTest {
  private static final int LONG = 60_000;

  @Test
  void keysOfAllLengthsAreToldApart() {
    for (int length : new int[] {0, 1, 127, 128, 129, LONG}) {
      byte[] key = new byte[length];
      assertEquals(new GroupId(key), new GroupId(key.clone()));
      assertEquals(0, new GroupId(key).compareTo(new GroupId(key.clone())));
      assertNotEquals(new GroupId(key), new GroupId(Arrays.copyOf(key, length + 1)));
    }
  }

  @Test
  void theBytesOfALongKeyAreNotKept() {
    byte[] key = new byte[LONG];
    var before = new GroupId(key);
    key[LONG / 2] = 1;

    assertEquals(new GroupId(new byte[LONG]), before);
    assertNotEquals(new GroupId(key), before);
  }

  @Test
  void aKeyThatIsTheDigestOfAnotherIsNotTheOther() throws Exception {
    byte[] key = new byte[LONG];
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);

    assertNotEquals(new GroupId(digest), new GroupId(key));
  }
}
