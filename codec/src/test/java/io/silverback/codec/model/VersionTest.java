package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class VersionTest {
  private static final Version STORED = new Version(5, 100, 7);

  @Test
  void whatIsNewerNeedReachNoEpoch() {
    assertEquals(0, STORED.epochAbove(new Version(5, 101, 8)));
    assertEquals(0, STORED.epochAbove(new Version(6, 1, 8)));
    assertEquals(0, STORED.epochAbove(STORED));
    assertEquals(0, Version.NEVER.epochAbove(STORED));
  }

  @Test
  void whatIsOfAnEarlierEpochHasToReachThisOne() {
    assertEquals(5, STORED.epochAbove(new Version(4, 999, 7)));
    assertEquals(5, STORED.epochAbove(new Version(4, 999, 8)));
  }

  @Test
  void inTheSameEpochItHasToPassItIfAnotherProcessIsAhead() {
    assertEquals(6, STORED.epochAbove(new Version(5, 99, 8)));
    assertEquals(0, STORED.epochAbove(new Version(5, 99, 7)), "a message that came late");
  }
}
