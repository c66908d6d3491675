package io.silverback.server.writers;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.log.ShortText;
import io.silverback.server.storage.KeyBatch;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Finds groups that several clients write in turn, each of them overwriting the others.
 *
 * <p>Thread-safe, and of fixed size: with more groups than it has room for, each is watched for a
 * while in its turn. It costs a push a few steps for each of its series, and no allocation for
 * them.
 */
public final class WriterWatch {
  /** Groups are spread over that many tables by their keys, so that few wait for one another. */
  private static final int TABLES = 16;

  private static final int GROUPS_OF_A_TABLE = 512;

  /** What the keys of a table weigh at most: fewer groups are watched if theirs are long. */
  private static final long KEYS_OF_A_TABLE = 512 << 10;

  /** A longer key is not watched: it would take the place of many. */
  private static final int LONGEST_KEY = 1024;

  /** Kept of a key that was rewritten, besides a digest of it. */
  private static final int SENT_AS = 128;

  private final List<Table> tables = Stream.generate(Table::new).limit(TABLES).toList();
  private final Map<WriterEvidence, LongAdder> found = new EnumMap<>(WriterEvidence.class);
  private final int groupsOfATable;
  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;

  /**
   * A watch that has seen no push.
   *
   * @param nanoTime a clock that never goes back, in nanoseconds
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  public WriterWatch(LongSupplier nanoTime, LongSupplier wallMillis) {
    this(GROUPS_OF_A_TABLE, nanoTime, wallMillis);
  }

  WriterWatch(int groupsOfATable, LongSupplier nanoTime, LongSupplier wallMillis) {
    this.groupsOfATable = groupsOfATable;
    this.nanoTime = nanoTime;
    this.wallMillis = wallMillis;
    for (WriterEvidence evidence : WriterEvidence.values()) {
      found.put(evidence, new LongAdder());
    }
  }

  /** By insertion; guarded by itself. */
  private static final class Table {
    private final LinkedHashMap<GroupingKey, WatchedGroup> groups = new LinkedHashMap<>();
    private long weight;

    private WatchedGroup add(GroupingKey key) {
      var group = new WatchedGroup();
      groups.put(key, group);
      weight += KeyBatch.weightOf(key);
      return group;
    }

    private void remove(GroupingKey key) {
      if (groups.remove(key) != null) {
        weight -= KeyBatch.weightOf(key);
      }
    }

    private void clear() {
      groups.clear();
      weight = 0;
    }
  }

  /**
   * A group that is written in turn.
   *
   * @param sinceMillis when that was found, in milliseconds since the epoch
   * @param writers those that pushed last, at most a few
   */
  public record Conflict(
      GroupingKey key, WriterEvidence evidence, long sinceMillis, List<WriterTrace> writers) {
    /** The addresses, each once; and the keys as they were sent, if rules made one of several. */
    public List<String> names() {
      return writers.stream()
          .map(
              writer ->
                  evidence == WriterEvidence.REWRITE
                      ? writer.client() + " as " + writer.sentAs()
                      : writer.client())
          .distinct()
          .toList();
    }
  }

  /**
   * Sees a push that was taken.
   *
   * @param key of the group that it went to
   * @param sentKey as the client sent it, before it was rewritten
   * @param replaces true for a PUT
   * @param client the address of the client, without a port
   * @return the conflict, if this push is part of one
   */
  public Optional<Conflict> pushed(
      GroupingKey key,
      GroupingKey sentKey,
      boolean replaces,
      String client,
      List<MetricFamily> families) {
    return families.isEmpty()
        ? Optional.empty()
        : pushed(
            key,
            sentKey,
            replaces,
            client,
            (address, sentAs) -> WriterTrace.of(address, sentAs, families));
  }

  /** The same for a push that says that of its client. */
  public Optional<Conflict> pushed(
      GroupingKey key,
      GroupingKey sentKey,
      boolean replaces,
      String client,
      WriterTrace.Source source) {
    if (isLong(key) || isLong(sentKey)) {
      return Optional.empty();
    }
    String sentAs = sentKey.equals(key) ? "" : ShortText.of(sentKey.toString(), SENT_AS);
    WriterTrace trace = source.of(client, sentAs);
    Table table = tableOf(key);
    synchronized (table) {
      long now = nanoTime.getAsLong();
      WatchedGroup group = table.groups.get(key);
      if (group == null) {
        if (!makeRoom(table, KeyBatch.weightOf(key), now)) {
          return Optional.empty();
        }
        group = table.add(key);
      }
      boolean wasConflict = group.isInConflict(now);
      Optional<WriterEvidence> evidence = group.add(trace, replaces, now, wallMillis.getAsLong());
      if (evidence.isEmpty()) {
        return Optional.empty();
      }
      if (!wasConflict) {
        found.getOrDefault(evidence.get(), new LongAdder()).increment();
      }
      return Optional.of(conflict(key, group));
    }
  }

  /** False if a group that was watched for longest is still worth it; others get their turn. */
  private boolean makeRoom(Table table, long weight, long now) {
    while (table.groups.size() >= groupsOfATable || table.weight + weight > KEYS_OF_A_TABLE) {
      Map.Entry<GroupingKey, WatchedGroup> eldest = table.groups.firstEntry();
      if (!eldest.getValue().isQuiet(now)) {
        table.groups.putLast(eldest.getKey(), eldest.getValue());
        return false;
      }
      table.remove(eldest.getKey());
    }
    return true;
  }

  /** The group was deleted. */
  public void forget(GroupingKey key) {
    Table table = tableOf(key);
    synchronized (table) {
      table.remove(key);
    }
  }

  /** All groups were deleted. */
  public void forgetAll() {
    for (Table table : tables) {
      synchronized (table) {
        table.clear();
      }
    }
  }

  /** The conflict over a group, if there is one. */
  public Optional<Conflict> conflictOf(GroupingKey key) {
    Table table = tableOf(key);
    synchronized (table) {
      WatchedGroup group = table.groups.get(key);
      return group != null && group.isInConflict(nanoTime.getAsLong())
          ? Optional.of(conflict(key, group))
          : Optional.empty();
    }
  }

  /** How many groups are in conflict. */
  public int conflictCount() {
    int count = 0;
    for (Table table : tables) {
      synchronized (table) {
        long now = nanoTime.getAsLong();
        for (WatchedGroup group : table.groups.values()) {
          count += group.isInConflict(now) ? 1 : 0;
        }
      }
    }
    return count;
  }

  /** The groups in conflict with the smallest keys, in their order, but no more than that. */
  public List<Conflict> conflicts(int most) {
    var smallest = new TreeMap<GroupingKey, Conflict>();
    for (Table table : tables) {
      synchronized (table) {
        long now = nanoTime.getAsLong();
        table.groups.forEach(
            (key, group) -> {
              boolean isWanted = smallest.size() < most || key.compareTo(smallest.lastKey()) < 0;
              if (isWanted && group.isInConflict(now)) {
                smallest.put(key, conflict(key, group));
                if (smallest.size() > most) {
                  smallest.pollLastEntry();
                }
              }
            });
      }
    }
    return List.copyOf(smallest.values());
  }

  /** How many conflicts by that evidence were found since the start. */
  public long found(WriterEvidence evidence) {
    return found.getOrDefault(evidence, new LongAdder()).sum();
  }

  private static Conflict conflict(GroupingKey key, WatchedGroup group) {
    return new Conflict(key, group.evidence(), group.sinceMillis(), group.writers());
  }

  private static boolean isLong(GroupingKey key) {
    Labels labels = key.labels();
    int length = 0;
    for (int i = 0; i < labels.size(); i++) {
      length += labels.name(i).length() + labels.value(i).length();
    }
    return length > LONGEST_KEY;
  }

  private Table tableOf(GroupingKey key) {
    return tables.get(Math.floorMod(key.hashCode(), TABLES));
  }
}
