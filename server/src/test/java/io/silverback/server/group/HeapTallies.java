package io.silverback.server.group;

import io.silverback.codec.model.Fingerprint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tallies as objects on the heap. Not thread-safe. */
public final class HeapTallies implements Tallies {
  private static final int[] ZEROS = new int[SLOTS];

  private final Map<Fingerprint, int[]> rows = new HashMap<>();

  @Override
  public int get(Fingerprint key, int slot) {
    int[] row = rows.get(key);
    return row == null ? 0 : row[slot];
  }

  @Override
  public boolean read(Fingerprint key, int[] into) {
    int[] row = rows.get(key);
    if (row == null) {
      System.arraycopy(ZEROS, 0, into, 0, SLOTS);
      return false;
    }
    System.arraycopy(row, 0, into, 0, SLOTS);
    return true;
  }

  @Override
  public void add(Fingerprint key, int slot, int delta) {
    int count = get(key, slot);
    if (count + delta < 0) {
      throw new IllegalStateException(
          "counter below 0: slot=" + slot + " count=" + count + " delta=" + delta);
    }
    int[] row = rows.computeIfAbsent(key, _ -> new int[SLOTS]);
    row[slot] = count + delta;
    if (Arrays.equals(row, ZEROS)) {
      rows.remove(key);
    }
  }

  /** Every row that is there. */
  Map<Fingerprint, List<Integer>> contents() {
    var contents = new HashMap<Fingerprint, List<Integer>>();
    rows.forEach((key, row) -> contents.put(key, Arrays.stream(row).boxed().toList()));
    return contents;
  }
}
