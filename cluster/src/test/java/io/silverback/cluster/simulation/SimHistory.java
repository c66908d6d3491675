package io.silverback.cluster.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.ReplicaStore.Adopted;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The times at which the groups of one host were pushed to; a page has a few of them. */
final class SimHistory {
  private static final int ROWS = 4;
  private static final int PAGES_AT_ONCE = 3;

  private final Map<String, NavigableSet<Long>> rows = new TreeMap<>();

  /** A state came: its last push gets a row. */
  void merged(SimGroup came, SimGroup merged) {
    if (merged.exists() && came.push().equals(merged.push())) {
      of(came.key()).add(VersionClock.millisOf(came.push()));
    }
  }

  /** Other groups are forgotten. */
  void keepOnly(Set<String> keys) {
    rows.keySet().retainAll(keys);
  }

  private NavigableSet<Long> of(String key) {
    return rows.computeIfAbsent(key, _ -> new TreeSet<>());
  }

  Lack lack(SimGroup group) {
    NavigableSet<Long> own = of(group.key());
    return new Lack(
        group.key().getBytes(UTF_8),
        group.deletedAt(),
        own.isEmpty() ? Long.MAX_VALUE : own.first());
  }

  private NavigableSet<Long> wanted(Lack lack) {
    long from = VersionClock.millisOf(lack.deletedAt());
    return from < lack.beforeMillis()
        ? of(new String(lack.key(), UTF_8)).subSet(from, false, lack.beforeMillis(), false)
        : new TreeSet<>();
  }

  long offer(Lack lack) {
    NavigableSet<Long> wanted = wanted(lack);
    return wanted.isEmpty() ? Long.MIN_VALUE : wanted.last();
  }

  List<byte[]> pages(Lack lack) {
    var times = new ArrayList<>(wanted(lack).descendingSet());
    var pages = new ArrayList<byte[]>();
    for (int at = 0; at < times.size() && pages.size() < PAGES_AT_ONCE; at += ROWS) {
      pages.add(
          new ByteOutput()
              .list(times.subList(at, Math.min(times.size(), at + ROWS)), ByteOutput::u64)
              .finish());
    }
    return pages;
  }

  Adopted adopt(SimGroup group, List<byte[]> pages) {
    long bytes = 0;
    for (byte[] page : pages) {
      List<Long> times = new ByteInput(page).list(ByteInput::u64);
      times.removeIf(time -> time <= VersionClock.millisOf(group.deletedAt()));
      bytes += of(group.key()).addAll(times) ? page.length : 0;
    }
    return new Adopted(bytes, Optional.of(lack(group)), false);
  }

  /** True if another host has what this one lacks and came to hold later. */
  boolean lacksSomethingOf(SimHistory other, SimGroup group) {
    return other.offer(lack(group)) > Long.MIN_VALUE;
  }
}
