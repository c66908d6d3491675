package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  /** Groups are spread over so many tables by their keys, so that few wait for one another. */
  private static final int TABLES = 16;

  private static final int GROUPS_OF_A_TABLE = 512;

  /** A longer key is not watched: thousands of them must not fill the heap. */
  private static final int LONGEST_KEY = 1024;

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
  }

  /**
   * A group that is written in turn.
   *
   * @param sinceMillis when that was found, in milliseconds since the epoch
   * @param writers those that pushed last, at most a few
   */
  record Conflict(
      GroupingKey key, WriterEvidence evidence, long sinceMillis, List<WriterTrace> writers) {
    /** The addresses, each once; and the keys as they were sent, if rules made one of several. */
    List<String> names() {
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
  Optional<Conflict> pushed(
      GroupingKey key,
      GroupingKey sentKey,
      boolean replaces,
      String client,
      List<MetricFamily> families) {
    if (families.isEmpty() || isLong(key) || isLong(sentKey)) {
      return Optional.empty();
    }
    String sentAs = sentKey.equals(key) ? "" : sentKey.toString();
    var trace = WriterTrace.of(client, sentAs, families);
    Table table = tableOf(key);
    synchronized (table) {
      long now = nanoTime.getAsLong();
      WatchedGroup group = table.groups.get(key);
      if (group == null) {
        if (!makeRoom(table, now)) {
          return Optional.empty();
        }
        group = new WatchedGroup();
        table.groups.put(key, group);
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

  /** False if the group that was watched for longest is still worth it; others get their turn. */
  private boolean makeRoom(Table table, long now) {
    if (table.groups.size() < groupsOfATable) {
      return true;
    }
    Map.Entry<GroupingKey, WatchedGroup> eldest = table.groups.pollFirstEntry();
    if (eldest.getValue().isQuiet(now)) {
      return true;
    }
    table.groups.put(eldest.getKey(), eldest.getValue());
    return false;
  }

  /** The group was deleted. */
  void forget(GroupingKey key) {
    Table table = tableOf(key);
    synchronized (table) {
      table.groups.remove(key);
    }
  }

  /** All groups were deleted. */
  void forgetAll() {
    for (Table table : tables) {
      synchronized (table) {
        table.groups.clear();
      }
    }
  }

  /** The conflict over a group, if there is one. */
  Optional<Conflict> conflictOf(GroupingKey key) {
    Table table = tableOf(key);
    synchronized (table) {
      WatchedGroup group = table.groups.get(key);
      return group != null && group.isInConflict(nanoTime.getAsLong())
          ? Optional.of(conflict(key, group))
          : Optional.empty();
    }
  }

  /** All groups in conflict, in the order of their keys. */
  List<Conflict> conflicts() {
    var conflicts = new ArrayList<Conflict>();
    for (Table table : tables) {
      synchronized (table) {
        long now = nanoTime.getAsLong();
        table.groups.forEach(
            (key, group) -> {
              if (group.isInConflict(now)) {
                conflicts.add(conflict(key, group));
              }
            });
      }
    }
    conflicts.sort(Comparator.comparing(Conflict::key));
    return conflicts;
  }

  /** How many conflicts by that evidence were found since the start. */
  long found(WriterEvidence evidence) {
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
