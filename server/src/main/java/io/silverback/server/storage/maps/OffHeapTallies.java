package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import io.silverback.server.group.Tallies;
import org.agrona.concurrent.UnsafeBuffer;

/** The counters of the consistency check, outside of the heap. For one thread at a time. */
public final class OffHeapTallies implements Tallies {
  private static final int ROW_LENGTH = SLOTS * Integer.BYTES;

  private final OffHeapMap tallies;
  private final UnsafeBuffer row = new UnsafeBuffer(new byte[ROW_LENGTH]);

  public OffHeapTallies(OffHeapMap tallies) {
    this.tallies = tallies;
  }

  @Override
  public int get(Fingerprint key, int slot) {
    return load(Keys.of(key)) ? row.getInt(slot * Integer.BYTES, LITTLE_ENDIAN) : 0;
  }

  @Override
  public boolean read(Fingerprint key, int[] into) {
    boolean known = load(Keys.of(key));
    for (int slot = 0; slot < SLOTS; slot++) {
      into[slot] = known ? row.getInt(slot * Integer.BYTES, LITTLE_ENDIAN) : 0;
    }
    return known;
  }

  @Override
  public void add(Fingerprint key, int slot, int delta) {
    byte[] place = Keys.of(key);
    if (!load(place)) {
      row.setMemory(0, ROW_LENGTH, (byte) 0);
    }
    int count = row.getInt(slot * Integer.BYTES, LITTLE_ENDIAN) + delta;
    if (count < 0) {
      throw new IllegalStateException("a counter falls below 0: slot=" + slot + " count=" + count);
    }
    row.putInt(slot * Integer.BYTES, count, LITTLE_ENDIAN);
    if (isZero()) {
      tallies.remove(place);
    } else {
      tallies.put(place, row, 0, ROW_LENGTH);
    }
  }

  private boolean load(byte[] place) {
    return tallies.read(place, found -> row.putBytes(0, found, 0, ROW_LENGTH));
  }

  private boolean isZero() {
    for (int i = 0; i < ROW_LENGTH; i += Long.BYTES) {
      if (row.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
