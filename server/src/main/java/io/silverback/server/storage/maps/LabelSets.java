package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.SeriesClaims;
import io.silverback.server.group.TallyKeys;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which sets of grouping label names the groups of each job have. For one thread at a time.
 *
 * <p>All in one map: under a job how many sets it has, under a set how many groups have it and
 * which place in its job it has, and under job and place the names. The last set of a job takes the
 * place of one that goes, so that nothing depends on how many sets a client has made.
 */
public final class LabelSets {
  private static final int GROUPS_OFFSET = 0;
  private static final int PLACE_OFFSET = GROUPS_OFFSET + Integer.BYTES;
  private static final int SET_LENGTH = PLACE_OFFSET + Integer.BYTES;

  private final OffHeapMap map;
  private final TallyKeys keys = new TallyKeys();

  /** Of no group, in an empty map. */
  public LabelSets(OffHeapMap map) {
    this.map = map;
  }

  /** Counts a group that has come. */
  public void add(GroupingKey group) {
    byte[] set = Keys.of(keys.labelNames(group));
    if (count(set, 1)[0] == 0) {
      Fingerprint job = keys.job(group.job());
      int place = size(job);
      byte[] names = SeriesClaims.labelNames(group).getBytes(UTF_8);
      var named = new UnsafeBuffer(new byte[set.length + names.length]);
      named.putBytes(0, set);
      named.putBytes(set.length, names);
      map.put(placeOf(job, place), named, 0, named.capacity());
      var row = new UnsafeBuffer(new byte[SET_LENGTH]);
      row.putInt(GROUPS_OFFSET, 1, LITTLE_ENDIAN);
      row.putInt(PLACE_OFFSET, place, LITTLE_ENDIAN);
      map.put(set, row, 0, SET_LENGTH);
      resize(job, place + 1);
    }
  }

  /** Counts a group that has gone. */
  public void remove(GroupingKey group) {
    byte[] set = Keys.of(keys.labelNames(group));
    int[] row = count(set, -1);
    if (row[0] == 1) {
      Fingerprint job = keys.job(group.job());
      byte[] last = placeOf(job, size(job) - 1);
      byte[] place = placeOf(job, row[1]);
      byte[] moved = value(last);
      map.put(place, new UnsafeBuffer(moved), 0, moved.length);
      map.edit(
          setOf(moved, set.length), found -> found.putInt(PLACE_OFFSET, row[1], LITTLE_ENDIAN));
      map.remove(last);
      map.remove(set);
      resize(job, size(job) - 1);
    }
  }

  /** The sets of a job, the names of each joined. */
  public List<String> of(String job) {
    Fingerprint key = keys.job(job);
    int size = size(key);
    var names = new ArrayList<String>(size);
    for (int place = 0; place < size; place++) {
      byte[] named = value(placeOf(key, place));
      names.add(new String(named, Fingerprint.BYTES, named.length - Fingerprint.BYTES, UTF_8));
    }
    return names;
  }

  /** How many groups had the set before, and its place; nothing is counted if there were none. */
  private int[] count(byte[] set, int delta) {
    int[] row = new int[2];
    map.edit(
        set,
        found -> {
          row[0] = found.getInt(GROUPS_OFFSET, LITTLE_ENDIAN);
          row[1] = found.getInt(PLACE_OFFSET, LITTLE_ENDIAN);
          found.putInt(GROUPS_OFFSET, row[0] + delta, LITTLE_ENDIAN);
        });
    return row;
  }

  private int size(Fingerprint job) {
    int[] size = new int[1];
    map.read(Keys.of(job), found -> size[0] = found.getInt(0, LITTLE_ENDIAN));
    return size[0];
  }

  private void resize(Fingerprint job, int size) {
    if (size == 0) {
      map.remove(Keys.of(job));
    } else {
      var value = new UnsafeBuffer(new byte[Integer.BYTES]);
      value.putInt(0, size, LITTLE_ENDIAN);
      map.put(Keys.of(job), value, 0, Integer.BYTES);
    }
  }

  private byte[] value(byte[] key) {
    byte[][] value = new byte[1][];
    if (!map.read(key, found -> value[0] = Keys.copyOf(found))) {
      throw new IllegalStateException("a set of label names is lost");
    }
    return value[0];
  }

  private static byte[] setOf(byte[] named, int length) {
    byte[] set = new byte[length];
    System.arraycopy(named, 0, set, 0, length);
    return set;
  }

  private static byte[] placeOf(Fingerprint job, int place) {
    byte[] key = new byte[Fingerprint.BYTES + Integer.BYTES];
    MutableDirectBuffer buffer = new UnsafeBuffer(key);
    buffer.putBytes(0, Keys.of(job));
    buffer.putInt(Fingerprint.BYTES, place, LITTLE_ENDIAN);
    return key;
  }
}
