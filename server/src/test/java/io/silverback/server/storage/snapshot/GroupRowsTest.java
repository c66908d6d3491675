package io.silverback.server.storage.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.storage.SnapshotRefusedException;
import org.junit.jupiter.api.Test;

final class GroupRowsTest {
  /** A buffer is at most 2 GiB; a length beyond that must not come out as a smaller one. */
  @Test
  void moreGroupsThanABufferHoldsAreRefused() {
    int most = (int) (Integer.MAX_VALUE / GroupRows.roomFor(1));
    assertEquals(most * GroupRows.roomFor(1), GroupRows.roomFor(most));
    assertEquals(GroupRows.roomFor(1), GroupRows.roomFor(0));
    for (long groups : new long[] {most + 1L, 1L << 31, 1L << 32, Long.MAX_VALUE / 2}) {
      var refused = assertThrows(SnapshotRefusedException.class, () -> GroupRows.roomFor(groups));
      assertTrue(String.valueOf(refused.getMessage()).contains("most=" + most), refused::toString);
    }
  }
}
