package io.silverback.cluster.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.node.Tenures;
import io.silverback.codec.model.Version;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one host. Knows few shapes after a start, and refuses or takes its time at times.
 *
 * <p>Longer than other classes, as it is all that a cluster asks of a store.
 */
public final class SimStore implements ReplicaStore {
  /** Far more than clocks are apart that are not a year ahead. */
  private static final long DAY_MILLIS = 24 * 3_600_000L;

  private final SimWorld world;
  private final TreeMap<String, SimGroup> groups = new TreeMap<>();
  private final Set<Integer> shapes = new TreeSet<>();
  private final Map<Integer, Version> horizons = new TreeMap<>();
  private final SimHistory history = new SimHistory();

  /** The times of the updates that may be at work, by group. */
  private final Map<String, Long> prepared = new TreeMap<>();

  /** Those groups of them whose update would come too late. */
  private final Set<String> settled = new TreeSet<>();

  /** Of each slot; empty if they have changed since. */
  private List<Version> allHorizons = List.of();

  private @Nullable SimProcess process;
  private double refusing;
  private long refusedUntil;
  private boolean full;
  private boolean takesAnyEpoch;
  private boolean forgetsWipes;
  private boolean keepsHorizons;

  public SimStore(SimWorld world) {
    this.world = world;
  }

  /** Its node says that updates of before are visible, or never will be. */
  void settled(Tenures told) {
    prepared.forEach(
        (key, millis) -> {
          if (told.slots().get(slotOf(key)) && millis < told.settledMillis()) {
            settled.add(key);
          }
        });
  }

  void restarted(SimProcess by) {
    prepared.clear();
    settled.clear();
    process = by;
    refusing = 0;
    full = false;
  }

  /** From now on refuses that part of the merges, and takes long for that part of all works. */
  void worsen(double refusingPart, double slowPart) {
    refusedUntil = refusing > 0 ? world.now() : refusedUntil;
    refusing = refusingPart;
    if (process != null) {
      process.slowDown(slowPart);
    }
  }

  /** True if it refuses merges, or did so lately. */
  boolean refusedWithin(long nanos) {
    return refusing > 0 || (refusedUntil > 0 && world.now() - refusedUntil < nanos);
  }

  /** Whether it takes nothing from now on that it has not got yet. */
  void fill(boolean isFull) {
    full = isFull;
  }

  @Override
  public Optional<String> whyFull() {
    return full ? Optional.of("full") : Optional.empty();
  }

  /** From now on does not say that it has something of a later epoch. */
  void takeAnyEpoch() {
    takesAnyEpoch = true;
  }

  /** From now on drops the groups of a slot that is wiped, and does not raise its horizon. */
  void forgetWipes() {
    forgetsWipes = true;
  }

  /** From now on forgets the groups of a slot, and not its horizon. */
  void keepHorizons() {
    keepsHorizons = true;
  }

  Optional<SimGroup> group(String key) {
    return Optional.ofNullable(groups.get(key));
  }

  @Override
  public Prepared prepare(Update update, Version version, long wallMillis) {
    var wanted = SimGroup.Update.decode(update.encoded());
    SimGroup before =
        group(wanted.key())
            .orElse(SimGroup.empty(wanted.key()))
            .purgedUpTo(horizon(slotOf(wanted.key())));
    requireOwnTime(version);
    prepared.put(wanted.key(), wallMillis);
    settled.remove(wanted.key());
    if (takesAnyEpoch) {
      return effect(wanted, before, version);
    }
    long above = before.newest().epochAbove(version);
    if (above > 0) {
      return new Prepared.Overtaken(above);
    }
    if (!version.isAfter(before.newest())) {
      throw new SimViolation(
          "a version that is not the newest: key="
              + wanted.key()
              + " version="
              + version
              + " newest="
              + before.newest());
    }
    return effect(wanted, before, version);
  }

  /** A clock that is a year ahead must not move that of any other process. */
  private void requireOwnTime(Version version) {
    long millis = version.clock() >>> 16;
    if (process != null && millis > process.latestWallMillis() + DAY_MILLIS) {
      throw new SimViolation(
          "a version from the future of its process: "
              + process
              + " ahead by hours="
              + (millis - process.latestWallMillis()) / 3_600_000);
    }
  }

  private Prepared effect(SimGroup.Update wanted, SimGroup before, Version version) {
    byte[] answer = "ok".getBytes(UTF_8);
    if (wanted.kind() == SimGroup.Kind.DELETE && !before.exists()) {
      return new Prepared.Settled(answer);
    }
    SimGroup after = before.with(wanted, version);
    shapes.add(after.shape());
    boolean known = groups.containsKey(wanted.key()) && before.shape() == after.shape();
    var added = new ArrayList<>(after.series());
    added.removeAll(before.series());
    return new Prepared.Effect(
        State.of(after.encode(!known)),
        added.isEmpty() ? Optional.empty() : Optional.of(claim(wanted.key(), added)),
        answer);
  }

  private static Claim claim(String key, List<String> series) {
    var bytes = ByteBuffer.allocate(16 * series.size());
    for (String each : series) {
      bytes.put(fingerprint(SimGroup.jobOf(key), each));
    }
    return new Claim(SimGroup.jobOf(key), SimGroup.labelNamesOf(key), bytes.array());
  }

  private static byte[] fingerprint(String job, String series) {
    byte[] text = (job + series).getBytes(UTF_8);
    return ByteBuffer.allocate(16).putLong(hash(text)).putLong(~hash(text)).array();
  }

  static long hash(byte[] bytes) {
    long hash = 1;
    for (byte each : bytes) {
      hash = (hash ^ each) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  @Override
  public byte[] refusal(Update update, String reason) {
    return ("refused: " + reason).getBytes(UTF_8);
  }

  @Override
  public Version newest(byte[] state) {
    return SimGroup.decode(state).newest();
  }

  @Override
  public Merged merge(State state) {
    String key = SimGroup.decode(state.encoded()).key();
    if (settled.contains(key)) {
      throw new SimViolation("an update comes whose time was called settled: " + key);
    }
    prepared.remove(key);
    return merge(state.encoded(), _ -> Version.NEVER);
  }

  @Override
  public Merged merge(byte[] state, IntFunction<Version> sendersHorizons) {
    if (world.chance(refusing)) {
      return new Merged.Refused("no room");
    }
    SimGroup came = SimGroup.decode(state);
    int slot = slotOf(came.key());
    boolean purged = !came.exists() || horizon(slot).isAfter(sendersHorizons.apply(slot));
    if (purged && isPast(came) && !groups.containsKey(came.key())) {
      return new Merged.Purged();
    }
    if (SimGroup.hasShape(state)) {
      shapes.add(came.shape());
    }
    if (!shapes.contains(came.shape())) {
      return new Merged.ShapeMissing();
    }
    if (full && came.exists() && !group(came.key()).map(came::merge).equals(group(came.key()))) {
      return new Merged.Refused("full");
    }
    long above =
        group(came.key())
            .map(here -> here.newest().epochAbove(came.newest()))
            .filter(_ -> !takesAnyEpoch)
            .orElse(0L);
    SimGroup merged = groups.merge(came.key(), came, SimGroup::merge);
    history.merged(came, merged);
    return above > 0 ? new Merged.Overtaken(above) : new Merged.Done();
  }

  @Override
  public Optional<byte[]> wholeState(byte[] key) {
    return group(new String(key, UTF_8)).map(group -> group.encode(true));
  }

  @Override
  public long[] digests() {
    long[] digests = new long[HashRing.SLOTS];
    groups.forEach((key, group) -> digests[HashRing.slotOf(key.getBytes(UTF_8))] ^= hashOf(group));
    return digests;
  }

  private static long hashOf(SimGroup group) {
    return hash(group.encode(true));
  }

  @Override
  public List<Entry> entries(IntPredicate slots) {
    var entries = new ArrayList<Entry>();
    groups.forEach(
        (key, group) -> {
          byte[] bytes = key.getBytes(UTF_8);
          if (slots.test(HashRing.slotOf(bytes))) {
            entries.add(new Entry(bytes, hashOf(group), group.newest()));
          }
        });
    return entries;
  }

  @Override
  public List<Version> horizons() {
    if (allHorizons.isEmpty()) {
      var all = new ArrayList<>(Collections.nCopies(HashRing.SLOTS, Version.NEVER));
      horizons.forEach(all::set);
      allHorizons = List.copyOf(all);
    }
    return allHorizons;
  }

  private Version horizon(int slot) {
    return horizons.getOrDefault(slot, Version.NEVER);
  }

  private boolean isPast(SimGroup group) {
    return !group.newest().isAfter(horizon(slotOf(group.key())));
  }

  private static int slotOf(String key) {
    return HashRing.slotOf(key.getBytes(UTF_8));
  }

  @Override
  public Map<Integer, Version> purgeable(IntPredicate slots, long beforeMillis, int mostSlots) {
    var found = new TreeMap<Integer, Version>();
    for (SimGroup group : groups.values()) {
      int slot = slotOf(group.key());
      boolean old = group.newest().clock() >>> 16 < beforeMillis;
      if (!group.exists() && old && slots.test(slot) && found.size() < mostSlots) {
        found.merge(slot, group.newest(), Version::max);
      }
    }
    return found;
  }

  @Override
  public int raise(Map<Integer, Version> raised, Predicate<byte[]> spared) {
    raised.forEach((slot, horizon) -> horizons.merge(slot, horizon, Version::max));
    allHorizons = List.of();
    int before = groups.size();
    groups
        .values()
        .removeIf(
            group ->
                raised.containsKey(slotOf(group.key()))
                    && isPast(group)
                    && !(group.exists() && spared.test(group.key().getBytes(UTF_8))));
    history.keepOnly(groups.keySet());
    return before - groups.size();
  }

  @Override
  public OptionalInt wipe(Map<Integer, Version> versions) {
    if (world.chance(refusing)) {
      return OptionalInt.empty();
    }
    if (forgetsWipes) {
      groups
          .values()
          .removeIf(
              group -> {
                Version version = versions.getOrDefault(slotOf(group.key()), Version.NEVER);
                return !group.newest().isAfter(version);
              });
      history.keepOnly(groups.keySet());
      return OptionalInt.of(0);
    }
    return OptionalInt.of(raise(versions, _ -> false));
  }

  @Override
  public int[] sizes() {
    int[] sizes = new int[HashRing.SLOTS];
    groups.keySet().forEach(key -> sizes[slotOf(key)]++);
    horizons.keySet().forEach(slot -> sizes[slot]++);
    return sizes;
  }

  @Override
  public int forget(Map<Integer, Version> before, List<Entry> some) {
    var same = new TreeMap<>(before);
    same.entrySet().removeIf(each -> !each.getValue().equals(horizon(each.getKey())));
    if (!keepsHorizons) {
      horizons.keySet().removeAll(same.keySet());
      allHorizons = List.of();
    }
    int forgotten = 0;
    for (Entry entry : some) {
      String key = new String(entry.key(), UTF_8);
      boolean isSame = group(key).filter(group -> hashOf(group) == entry.hash()).isPresent();
      if (isSame && same.containsKey(slotOf(key))) {
        groups.remove(key);
        forgotten++;
      }
    }
    history.keepOnly(groups.keySet());
    return forgotten;
  }

  @Override
  public List<Lack> lacks(IntPredicate slots) {
    return groups.values().stream()
        .filter(group -> group.exists() && slots.test(slotOf(group.key())))
        .map(history::lack)
        .toList();
  }

  @Override
  public long offer(Lack lack) {
    return history.offer(lack);
  }

  @Override
  public List<byte[]> history(Lack lack, int mostBytes) {
    return history.pages(lack);
  }

  @Override
  public Adopted adopt(Lack lack, List<byte[]> pages) {
    return group(new String(lack.key(), UTF_8))
        .filter(group -> group.exists() && group.deletedAt().equals(lack.deletedAt()))
        .map(group -> history.adopt(group, pages))
        .orElse(new Adopted(0, Optional.empty(), false));
  }

  SimHistory history() {
    return history;
  }

  @Override
  public List<String> labelNamesOf(String job) {
    return groups.values().stream()
        .filter(group -> group.exists() && SimGroup.jobOf(group.key()).equals(job))
        .map(group -> SimGroup.labelNamesOf(group.key()))
        .toList();
  }

  @Override
  public Optional<String> collision(Claim claim) {
    for (SimGroup group : groups.values()) {
      boolean other =
          SimGroup.jobOf(group.key()).equals(claim.job())
              && !SimGroup.labelNamesOf(group.key()).equals(claim.labelNames());
      if (other && group.series().stream().anyMatch(series -> claims(claim, series))) {
        return Optional.of(group.key());
      }
    }
    return Optional.empty();
  }

  private static boolean claims(Claim claim, String series) {
    byte[] wanted = fingerprint(claim.job(), series);
    for (int at = 0; at < claim.series().length; at += 16) {
      if (Arrays.equals(claim.series(), at, at + 16, wanted, 0, 16)) {
        return true;
      }
    }
    return false;
  }
}
