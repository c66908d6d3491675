package io.silverback.server.group;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.pushed;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the consistency check writes down, and how often it looks. */
final class ConsistencyIndexTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey X_I = GroupingKey.of("x", "instance", "i");
  private static final List<MetricFamily> NO_OWN = List.of();

  @Test
  void seriesStayWrittenDownUntilTheJobHasNoGroup() {
    var store = new CheckedGroups(NO_OWN);
    for (int life = 1; life <= 2; life++) {
      store.submit(put(X, gauge("m", 1, "instance", "i")));
      for (int i = 0; i < 3; i++) {
        assertFalse(store.submit(put(X_I, gauge("m", 1))).isAccepted());
        assertTrue(store.submit(put(X_I, gauge("n", 1))).isAccepted());
        store.force(delete(X_I));
        store.assertIndexIsThatOfTheGroups();
      }
      assertEquals(life, store.scans());
      store.force(delete(X));
      assertEquals(Map.of(), store.tallies());
    }
  }

  @Test
  void familiesThatAreOnlyWrittenAgainLeaveTheTalliesAlone() {
    var counting = new CountingTallies();
    var check = new ConsistencyCheck(NO_OWN, new CheckedGroups(NO_OWN), counting);
    GroupState absent = GroupState.absent(X);
    GroupState first = pushed(X, 1, gauge("a", 1), gauge("b", 1), gauge("c", 1));
    check.record(absent, first);
    GroupState second = pushed(X, 2, gauge("a", 1), gauge("b", 1), gauge("d", 1));
    counting.writes = 0;
    check.record(first, second);
    assertEquals(2, counting.writes);
  }

  @Test
  void aFamilyIsJudgedByAHandfulOfReads() {
    var counting = new CountingTallies();
    var check = new ConsistencyCheck(NO_OWN, new CheckedGroups(NO_OWN), counting);
    check.judge(
        GroupState.absent(X),
        pushed(X, 1, family(MetricType.HISTOGRAM, "h_sum", Labels.of("a", "1"))));
    assertTrue(counting.reads <= 8, () -> "reads=" + counting.reads);
    assertEquals(0, counting.writes);
  }

  @Test
  void twoThingsNeverShareARow() {
    var keys = new TallyKeys();
    var rows =
        Set.of(
            keys.family("x"),
            keys.job("x"),
            keys.labelNames(X),
            keys.labelNames(X_I),
            keys.series("x", Labels.EMPTY),
            keys.series("x", Labels.of("a", "bc")),
            keys.series("x", Labels.of("ab", "c")));
    assertEquals(7, rows.size());
    assertEquals(keys.labelNames(X_I), keys.labelNames(GroupingKey.of("x", "instance", "j")));
  }

  private static final class CountingTallies implements Tallies {
    private final HeapTallies tallies = new HeapTallies();
    private int reads;
    private int writes;

    @Override
    public int get(Fingerprint key, int slot) {
      reads++;
      return tallies.get(key, slot);
    }

    @Override
    public boolean read(Fingerprint key, int[] into) {
      reads++;
      return tallies.read(key, into);
    }

    @Override
    public void add(Fingerprint key, int slot, int delta) {
      writes++;
      tallies.add(key, slot, delta);
    }
  }
}
