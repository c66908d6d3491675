package io.silverback.server.storage.replica;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.GroupStateMessage;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.ContentHash;
import io.silverback.server.storage.engine.Decision;
import io.silverback.server.storage.engine.DiskGuard;
import io.silverback.server.storage.engine.GroupChange;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.engine.StateOrder;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.engine.UpdateJudge;
import io.silverback.server.storage.engine.Workspace;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The groups of a store as the cluster sees them. Works on the very entries that the {@link
 * MetricStore} shows, under the same locks.
 *
 * <p>Throws {@link MalformedBytesException} or {@link CorruptFrameException} for bytes that no node
 * of this version would send, and {@link StoreClosedException} or {@link StoreNotReadyException} as
 * the store does.
 *
 * <p>Longer than other classes, as it is all that a cluster asks of a store.
 */
public final class OffHeapReplicaStore implements ReplicaStore {
  private final Supplier<StoreParts> parts;

  /** What could not be stored a moment ago could not be now. */
  private static final Duration REFUSAL_COUNTS = Duration.ofSeconds(10);

  private final DiskGuard disk;
  private volatile Optional<Refusal> lastRefusal = Optional.empty();

  private record Refusal(String reason, long nanos) {}

  /** That of a store, which is that of a member of a cluster from now on. */
  public static OffHeapReplicaStore of(LocalStore store) {
    store.joinCluster();
    return new OffHeapReplicaStore(store::parts, store.disk());
  }

  /**
   * The replica side of what a store is made of that has joined.
   *
   * @param parts throws until the store can be asked
   * @param disk of the files of the store
   */
  OffHeapReplicaStore(Supplier<StoreParts> parts, DiskGuard disk) {
    this.parts = parts;
    this.disk = disk;
  }

  @Override
  public Prepared prepare(Update update, Version version, long wallMillis) {
    GroupUpdate decoded = LocalUpdate.read(update);
    Optional<Obstacle> noRoom = disk.whyFull();
    if (noRoom.isPresent() && UpdateJudge.takesRoom(decoded)) {
      return settled(noRoom.get().submission(decoded.key()));
    }
    Stamp stamp = UpdateJudge.stampOf(decoded, version, wallMillis);
    try {
      return prepare(decoded, stamp, parts.get());
    } catch (InternalError e) {
      return settled(disk.explain(e).submission(decoded.key()));
    }
  }

  private static Prepared prepare(GroupUpdate update, Stamp stamp, StoreParts store) {
    return store
        .entries()
        .with(
            update.key(),
            (key, workspace) -> {
              long above = newest(key, workspace, store).epochAbove(stamp.version());
              return above > 0
                  ? new Prepared.Overtaken(above)
                  : prepare(key, update, stamp, workspace, store);
            });
  }

  /** That of the group, or of what was purged from its slot. */
  private static Version newest(byte[] key, Workspace workspace, StoreParts store) {
    Version purged = store.tombstones().horizons().at(HashRing.slotOf(key));
    return StateOrder.newest(workspace.frame()).max(purged);
  }

  private static Prepared prepare(
      byte[] key, GroupUpdate update, Stamp stamp, Workspace workspace, StoreParts store) {
    Optional<GroupFrame> revalued = store.judge().revalued(update, stamp, workspace.frame());
    if (revalued.isPresent()) {
      return new Prepared.Effect(
          new MadeState(update.key(), key, revalued.get(), Optional.empty()),
          Optional.empty(),
          SubmissionCodec.encode(new Submission.Accepted()));
    }
    if (update instanceof GroupUpdate.Revalue) {
      return settled(new Submission.Outdated(update.key()));
    }
    UpdateJudge.Proposal proposal = store.judge().propose(update, stamp, workspace.frame());
    Decision decision;
    store.shapeChanges().lock();
    try {
      decision = judge(proposal, store);
    } finally {
      store.shapeChanges().unlock();
    }
    return switch (decision) {
      case Decision.Nothing(var answer) -> settled(answer);
      case Decision.Change(var change, var answer) -> {
        GroupFrame next = bounded(key, change, store);
        yield new Prepared.Effect(
            new MadeState(
                update.key(),
                key,
                next,
                change.keepsShape() ? Optional.empty() : Optional.of(change.shape())),
            StoredClaims.claimOf(change),
            SubmissionCodec.encode(answer));
      }
    };
  }

  /** A group that comes to be must not be united with what was purged of it. */
  private static GroupFrame bounded(byte[] key, GroupChange change, StoreParts store) {
    return change.oldFrame().exists()
        ? change.nextFrame()
        : change.nextFrame().deletedAt(store.tombstones().horizons().at(HashRing.slotOf(key)));
  }

  /** Also looks at what a single node would only find out when it publishes. */
  private static Decision judge(UpdateJudge.Proposal proposal, StoreParts store) {
    Decision decision = store.judge().judge(proposal);
    return decision instanceof Decision.Change(var change, _) && !change.keepsShape()
        ? store
            .shapes()
            .obstacle(change.shape())
            .map(obstacle -> store.judge().refuse(proposal, obstacle))
            .orElse(decision)
        : decision;
  }

  private static Prepared settled(Submission answer) {
    return new Prepared.Settled(SubmissionCodec.encode(answer));
  }

  @Override
  public byte[] refusal(Update update, String reason) {
    GroupingKey group = LocalUpdate.read(update).key();
    return SubmissionCodec.encode(new Submission.Refused(group, reason));
  }

  @Override
  public Version newest(byte[] state) {
    return StateOrder.newest(new GroupStateMessage(state).frame());
  }

  @Override
  public Merged merge(State state) {
    // What this node made of a group is newer than all that was purged, unless it was wiped since.
    IntFunction<Version> never = _ -> Version.NEVER;
    return state instanceof MadeState made
        ? noted(() -> merge(made.group(), made.frame(), made::shape, never))
        : merge(state.encoded(), never);
  }

  @Override
  public Merged merge(byte[] state, IntFunction<Version> sendersHorizons) {
    return noted(
        () -> {
          var message = new GroupStateMessage(state);
          return merge(
              GroupKeys.decode(message.key()),
              message.frame(),
              () -> message.hasShape() ? Optional.of(message.shape()) : Optional.empty(),
              sendersHorizons);
        });
  }

  /** The outcome of a merge, which is remembered if there was no room. */
  private Merged noted(Supplier<Merged> merge) {
    Merged merged;
    try {
      merged = merge.get();
    } catch (InternalError e) {
      merged = new Merged.Refused(disk.explain(e).reason());
    }
    if (merged instanceof Merged.Refused(var reason)) {
      lastRefusal = Optional.of(new Refusal(reason, System.nanoTime()));
    }
    return merged;
  }

  private Merged merge(
      GroupingKey group,
      GroupFrame incoming,
      Supplier<Optional<GroupShape>> shape,
      IntFunction<Version> sendersHorizons) {
    StoreParts store = parts.get();
    var merge = new StateMerge(store, group, incoming, shape, disk.whyFull());
    var purge = new SlotPurge(store);
    return store
        .entries()
        .with(
            group,
            (key, workspace) ->
                purge.keepsOut(key, workspace.frame(), incoming, sendersHorizons)
                    ? new Merged.Purged()
                    : merge.into(key, workspace));
  }

  @Override
  public Optional<String> whyFull() {
    long now = System.nanoTime();
    return disk.whyFull()
        .map(Obstacle::reason)
        .or(
            () ->
                lastRefusal
                    .filter(last -> now - last.nanos() < REFUSAL_COUNTS.toNanos())
                    .map(Refusal::reason));
  }

  @Override
  public Optional<byte[]> wholeState(byte[] key) {
    StoreParts store = parts.get();
    store.usage().enter();
    try (var _ = store.shapes().visit()) {
      return read(store, key, new ExpandableArrayBuffer())
          .map(
              entry -> {
                int start = HistoryHead.length(entry);
                GroupFrame whole = GroupFrame.decode(entry, start, entry.capacity() - start);
                GroupShape shape = store.shapes().shape(whole.shape());
                return GroupStateMessage.encode(key, whole, shape);
              });
    } finally {
      store.usage().exit();
    }
  }

  /**
   * What there is of one group, to compare it with other nodes.
   *
   * @param exists false for a group that was deleted
   * @param hash equal on two nodes if their groups are
   * @param newest the newest version of all that happened to the group
   */
  public record Copy(boolean exists, long hash, Version newest) {}

  /** What there is of a group; empty if it is not known here. */
  public Optional<Copy> copy(byte[] key) {
    StoreParts store = parts.get();
    store.usage().enter();
    try {
      var found = new ArrayList<Copy>(1);
      store
          .groups()
          .read(
              key,
              entry -> {
                GroupFrameReader frame = HistoryHead.frameAfter(entry);
                long hash = ContentHash.of(new UnsafeBuffer(key), entry);
                found.add(new Copy(frame.exists(), hash, StateOrder.newest(frame)));
              });
      return found.stream().findFirst();
    } finally {
      store.usage().exit();
    }
  }

  @Override
  public long[] digests() {
    StoreParts store = parts.get();
    store.usage().enter();
    try {
      return store.index().digests();
    } finally {
      store.usage().exit();
    }
  }

  @Override
  public List<Entry> entries(IntPredicate slots) {
    StoreParts store = parts.get();
    var purge = new SlotPurge(store);
    var entries = new ArrayList<Entry>();
    var copy = new ExpandableArrayBuffer();
    store.usage().enter();
    try {
      for (int slot = 0; slot < HashRing.SLOTS; slot++) {
        if (slots.test(slot)) {
          for (byte[] key : store.index().keys(slot)) {
            read(store, key, copy)
                .filter(entry -> !purge.isPurged(key, HistoryHead.frameAfter(entry)))
                .ifPresent(entry -> entries.add(entryOf(key, entry)));
          }
        }
      }
      return entries;
    } finally {
      store.usage().exit();
    }
  }

  private static Entry entryOf(byte[] key, DirectBuffer entry) {
    long hash = ContentHash.of(new UnsafeBuffer(key), entry);
    return new Entry(key, hash, StateOrder.newest(HistoryHead.frameAfter(entry)));
  }

  /** A copy of an entry, so that nothing is worked out while others wait for its place. */
  private static Optional<DirectBuffer> read(
      StoreParts store, byte[] key, MutableDirectBuffer copy) {
    int[] length = new int[1];
    boolean isThere =
        store
            .groups()
            .read(
                key,
                entry -> {
                  length[0] = entry.capacity();
                  copy.putBytes(0, entry, 0, length[0]);
                });
    return isThere ? Optional.of(new UnsafeBuffer(copy, 0, length[0])) : Optional.empty();
  }

  @Override
  public List<Version> horizons() {
    return parts.get().tombstones().horizons().all();
  }

  @Override
  public Map<Integer, Version> purgeable(IntPredicate slots, long beforeMillis, int mostSlots) {
    return new SlotPurge(parts.get()).purgeable(slots, beforeMillis, mostSlots);
  }

  @Override
  public int raise(Map<Integer, Version> horizons, Predicate<byte[]> spared) {
    return new SlotPurge(parts.get()).raise(horizons, spared);
  }

  @Override
  public OptionalInt wipe(Map<Integer, Version> versions) {
    try {
      return new SlotPurge(parts.get()).wipe(versions);
    } catch (InternalError e) {
      disk.explain(e);
      return OptionalInt.empty();
    }
  }

  @Override
  public int[] sizes() {
    StoreParts store = parts.get();
    List<Version> horizons = store.tombstones().horizons().all();
    int[] sizes = new int[HashRing.SLOTS];
    store.usage().enter();
    try {
      for (int slot = 0; slot < sizes.length; slot++) {
        sizes[slot] =
            store.index().size(slot) + (horizons.get(slot).isAfter(Version.NEVER) ? 1 : 0);
      }
      return sizes;
    } finally {
      store.usage().exit();
    }
  }

  @Override
  public int forget(Map<Integer, Version> horizons, List<Entry> groups) {
    return new SlotPurge(parts.get()).forget(horizons, groups);
  }

  @Override
  public List<Lack> lacks(IntPredicate slots) {
    StoreParts store = parts.get();
    var lacks = new ArrayList<Lack>();
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      if (slots.test(slot)) {
        store.index().keys(slot).forEach(key -> store.transfer().lack(key).ifPresent(lacks::add));
      }
    }
    return lacks;
  }

  @Override
  public long offer(Lack lack) {
    return parts.get().transfer().offer(lack);
  }

  @Override
  public List<byte[]> history(Lack lack, int mostBytes) {
    return parts.get().transfer().pages(lack, mostBytes);
  }

  @Override
  public Adopted adopt(Lack lack, List<byte[]> pages) {
    if (disk.whyFull().isPresent()) {
      return new Adopted(0, Optional.of(lack), true);
    }
    try {
      return parts.get().transfer().adopt(lack, pages);
    } catch (InternalError e) {
      disk.explain(e);
      return new Adopted(0, Optional.of(lack), true);
    }
  }

  /** How many deleted groups are remembered. */
  public long tombstones() {
    return parts.get().tombstones().counted();
  }

  @Override
  public List<String> labelNamesOf(String job) {
    StoreParts store = parts.get();
    store.usage().enter();
    try {
      return store.index().labelNamesOf(job);
    } finally {
      store.usage().exit();
    }
  }

  @Override
  public Optional<String> collision(Claim claim) {
    return new StoredClaims(parts.get()).collision(claim);
  }
}
