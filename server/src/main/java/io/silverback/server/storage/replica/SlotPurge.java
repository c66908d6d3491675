package io.silverback.server.storage.replica;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.storage.engine.GroupEntries;
import io.silverback.server.storage.engine.OldestTombstones;
import io.silverback.server.storage.engine.StateOrder;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.engine.Workspace;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.maps.HistoryHead;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;

/**
 * Forgets what was deleted long ago, and what the horizons of other nodes say was. Thread-safe.
 *
 * @param store of which the groups are
 */
record SlotPurge(StoreParts store) {
  private static final long MOST_AHEAD_MILLIS = 60_000;

  /** True if the entry is a tombstone that a horizon speaks for, so that nobody needs it. */
  boolean isPurged(byte[] key, GroupFrameReader frame) {
    return !frame.exists() && store.tombstones().isPurged(key, StateOrder.newest(frame));
  }

  /**
   * True if a state is not to come in from a node with these horizons. Called under the lock, for
   * each state: a group that exists is looked at no further.
   */
  boolean keepsOut(
      byte[] key, GroupFrame here, GroupFrame incoming, IntFunction<Version> sendersHorizons) {
    if (here.exists()) {
      return false;
    }
    int slot = HashRing.slotOf(key);
    Version guard = store.tombstones().horizons().guard(slot);
    return !StateOrder.newest(here).isAfter(guard)
        && !StateOrder.newest(incoming).isAfter(guard)
        && (!incoming.exists() || guard.isAfter(sendersHorizons.apply(slot)));
  }

  /** The newest version of the tombstones in each slot that has some older than that. */
  Map<Integer, Version> purgeable(IntPredicate slots, long beforeMillis, int mostSlots) {
    long now = store.wallMillis().getAsLong();
    OldestTombstones tombstones = store.index().tombstones();
    var found = new HashMap<Integer, Version>();
    for (int slot = 0; slot < HashRing.SLOTS && found.size() < mostSlots; slot++) {
      if (slots.test(slot) && tombstones.mayBeBefore(slot, beforeMillis)) {
        int searched = slot;
        tombstones.search(slot, () -> search(searched, now, beforeMillis, found));
      }
    }
    return found;
  }

  /**
   * When the oldest tombstone of a slot was made; notes the newest of those that are old enough.
   */
  private long search(int slot, long now, long beforeMillis, Map<Integer, Version> found) {
    long[] oldest = {OldestTombstones.NONE};
    visit(
        slot,
        (key, entry) -> {
          GroupFrameReader frame = HistoryHead.frameAfter(entry);
          if (frame.exists() || isPurged(key, frame)) {
            return;
          }
          Version newest = StateOrder.newest(frame);
          long made = madeMillis(newest, now);
          oldest[0] = Math.min(oldest[0], made);
          if (made < beforeMillis) {
            found.merge(slot, newest, Version::max);
          }
        });
    return oldest[0];
  }

  /**
   * When the tombstone was made, as far as can be said: a clock that is ahead says nothing of that,
   * and a group that was deleted by it would be remembered for as long as the clock was ahead.
   */
  private long madeMillis(Version tombstone, long nowMillis) {
    long millis = VersionClock.millisOf(tombstone);
    return millis <= nowMillis + MOST_AHEAD_MILLIS
        ? millis
        : Math.min(store.openedMillis(), nowMillis);
  }

  /** Raises horizons, and forgets what that says was purged; how many groups that was. */
  int raise(Map<Integer, Version> raised, Predicate<byte[]> spared) {
    store.tombstones().horizons().guard(raised);
    // A push that passed the guard before has to be through, or what it brings would be overlooked.
    store.entries().awaitRunning();
    int[] forgotten = new int[1];
    raised.forEach((slot, horizon) -> forgotten[0] += dropGroups(slot, horizon, spared));
    if (store.tombstones().horizons().raise(raised)) {
      // A delete that began before may count its tombstone by the horizon of then.
      store.entries().awaitRunning();
      raised.keySet().forEach(slot -> forgotten[0] += passTombstones(slot));
    }
    return forgotten[0];
  }

  /**
   * Forgets all that the slots hold at or below those versions, with its history; how many groups
   * existed, or empty if the horizons could not be made safe.
   *
   * <p>In the order of a purge: until the horizons are safe, a group that is gone is only missing
   * here and comes back from others, and tombstones are there. Afterwards, no group is left that
   * others would take for new.
   */
  OptionalInt wipe(Map<Integer, Version> versions) {
    store.tombstones().horizons().guard(versions);
    store.entries().awaitRunning();
    int[] groups = new int[1];
    versions.forEach((slot, version) -> groups[0] += wipeGroups(slot, version));
    if (!store.tombstones().horizons().raise(versions)) {
      return OptionalInt.empty();
    }
    store.entries().awaitRunning();
    versions.keySet().forEach(this::dropTombstones);
    return OptionalInt.of(groups[0]);
  }

  /**
   * Forgets the horizons of slots, and then groups that are as they were; how many groups that was.
   * In this order, as a group that is there without a horizon is a leftover, but one that is
   * missing at a horizon counts as purged.
   */
  int forget(Map<Integer, Version> horizons, List<Entry> groups) {
    Set<Integer> slots = store.tombstones().horizons().drop(horizons);
    int forgotten = 0;
    for (Entry each : groups) {
      if (slots.contains(HashRing.slotOf(each.key()))) {
        forgotten +=
            forgetSome(
                List.of(GroupKeys.decode(each.key())),
                (key, workspace) ->
                    workspace.isFound(key, each.hash())
                        && (workspace.frame().exists() || !workspace.hasHistory()));
      }
    }
    horizons.forEach(
        (slot, horizon) -> {
          if (slots.contains(slot)) {
            recallPurged(slot, horizon);
          }
        });
    return forgotten;
  }

  /** Tombstones that were purged and have history, which nobody else need have. */
  private void recallPurged(int slot, Version horizon) {
    if (horizon.equals(Version.NEVER)) {
      return;
    }
    List<GroupingKey> found =
        find(
            slot,
            (_, entry) -> {
              GroupFrameReader frame = HistoryHead.frameAfter(entry);
              return !frame.exists() && !StateOrder.newest(frame).isAfter(horizon);
            });
    for (GroupingKey group : found) {
      store
          .entries()
          .with(
              group,
              (key, workspace) -> {
                if (workspace.hasHistory() && !workspace.frame().exists()) {
                  store.writer().recall(key, workspace);
                }
                return 0;
              });
    }
  }

  /** Those that were purged before, and are there for their history, too. */
  private void dropTombstones(int slot) {
    forgetSome(
        find(slot, (key, entry) -> isPurged(key, HistoryHead.frameAfter(entry))),
        (key, workspace) -> {
          GroupFrame frame = workspace.frame();
          return !frame.exists() && store.tombstones().isPurged(key, StateOrder.newest(frame));
        });
  }

  private int dropGroups(int slot, Version horizon, Predicate<byte[]> spared) {
    return forgetSome(
        findGroups(slot, horizon, spared), (_, workspace) -> isGroup(workspace.frame(), horizon));
  }

  /** The same where it is remembered that the groups ended. */
  private int wipeGroups(int slot, Version version) {
    long millis = VersionClock.millisOf(version);
    return forgetSome(
        findGroups(slot, version, _ -> false),
        (_, workspace) -> isGroup(workspace.frame(), version),
        (group, key, workspace) ->
            store.wiped().remove(key, workspace, millis, () -> forget(group, key, workspace)));
  }

  private List<GroupingKey> findGroups(int slot, Version horizon, Predicate<byte[]> spared) {
    return find(
        slot,
        (key, entry) -> {
          GroupFrameReader frame = HistoryHead.frameAfter(entry);
          return frame.exists() && !StateOrder.newest(frame).isAfter(horizon) && !spared.test(key);
        });
  }

  private static boolean isGroup(GroupFrame frame, Version horizon) {
    return frame.exists() && !StateOrder.newest(frame).isAfter(horizon);
  }

  private int passTombstones(int slot) {
    List<GroupingKey> found =
        find(slot, (key, entry) -> isPurged(key, HistoryHead.frameAfter(entry)));
    return forgetSome(
        found,
        (key, workspace) -> {
          GroupFrame frame = workspace.frame();
          if (frame.exists() || !store.tombstones().isPurged(key, StateOrder.newest(frame))) {
            return false;
          }
          if (workspace.hasHistory()) {
            // The entry goes with the last page.
            store.writer().pass(key, workspace);
            return false;
          }
          return true;
        });
  }

  private int forgetSome(List<GroupingKey> found, GroupEntries.Action<Boolean> goes) {
    return forgetSome(found, goes, this::forget);
  }

  private int forgetSome(
      List<GroupingKey> found, GroupEntries.Action<Boolean> goes, Removal removal) {
    int forgotten = 0;
    for (GroupingKey group : found) {
      forgotten +=
          store
              .entries()
              .with(
                  group,
                  (key, workspace) -> {
                    if (!goes.apply(key, workspace)) {
                      return 0;
                    }
                    removal.remove(group, key, workspace);
                    return 1;
                  });
    }
    return forgotten;
  }

  /** Takes a group out of the store. */
  private interface Removal {
    void remove(GroupingKey group, byte[] key, Workspace workspace);
  }

  /** Tells whether an entry that is found is wanted. */
  private interface Finder {
    boolean test(byte[] key, DirectBuffer entry);
  }

  private List<GroupingKey> find(int slot, Finder finder) {
    var found = new ArrayList<GroupingKey>();
    visit(
        slot,
        (key, entry) -> {
          if (finder.test(key, entry)) {
            found.add(GroupKeys.decode(key));
          }
        });
    return found;
  }

  private void visit(int slot, BiConsumer<byte[], DirectBuffer> visitor) {
    store.usage().enter();
    try {
      for (byte[] key : store.index().keys(slot)) {
        store.groups().read(key, entry -> visitor.accept(key, entry));
      }
    } finally {
      store.usage().exit();
    }
  }

  private void forget(GroupingKey group, byte[] key, Workspace workspace) {
    GroupFrame frame = workspace.frame();
    store.shapeChanges().lock();
    try (var _ = store.shapes().visit()) {
      var old = GroupStates.decode(group, frame, store.shapes().shape(frame.shape()));
      store.writer().forget(key, old, workspace);
    } finally {
      store.shapeChanges().unlock();
    }
  }
}
