package io.silverback.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * Groups of one letter, each the last update of it. {@code g=same} changes nothing, {@code g=claim}
 * wants new series.
 */
public final class NotedStore implements ReplicaStore {
  public final List<String> events = new ArrayList<>();
  public final List<Version> versions = new ArrayList<>();
  private final Map<String, String> groups = new HashMap<>();
  public boolean isFull;
  public boolean isBroken;

  /** What it says of all states. */
  public Version newest = Version.NEVER;

  /** What it holds that others should. */
  public List<Entry> leftovers = List.of();

  /** The epoch of what it has of all groups. */
  public long storedEpoch;

  public List<Lack> lacks = List.of();

  /** What it says of all pages. */
  public Adopted adopted = new Adopted(0, Optional.empty(), false);

  @Override
  public Prepared prepare(Update update, Version version, long wallMillis) {
    requireWhole();
    String text = text(update.encoded());
    events.add("prepared " + text);
    versions.add(version);
    if (storedEpoch > version.epoch()) {
      return new Prepared.Overtaken(storedEpoch);
    }
    return switch (text.substring(2)) {
      case "same" -> new Prepared.Settled(bytes(text));
      case "claim" -> effect(text, Optional.of(new Claim("j", "", new byte[16])));
      default -> effect(text, Optional.empty());
    };
  }

  private static Prepared effect(String text, Optional<Claim> claim) {
    return new Prepared.Effect(State.of(bytes(text)), claim, bytes(text));
  }

  @Override
  public byte[] refusal(Update update, String reason) {
    return bytes("refused: " + reason);
  }

  @Override
  public Version newest(byte[] state) {
    return newest;
  }

  @Override
  public Optional<String> whyFull() {
    return Optional.empty();
  }

  @Override
  public Merged merge(State state) {
    return merge(state.encoded());
  }

  private Merged merge(byte[] state) {
    requireWhole();
    if (isFull) {
      return new Merged.Refused("no room");
    }
    events.add("shown " + text(state));
    groups.put(text(state).substring(0, 1), text(state));
    return storedEpoch > 0 ? new Merged.Overtaken(storedEpoch) : new Merged.Done();
  }

  @Override
  public Merged merge(byte[] state, IntFunction<Version> sendersHorizons) {
    return merge(state);
  }

  @Override
  public Optional<byte[]> wholeState(byte[] key) {
    return Optional.ofNullable(groups.get(text(key))).map(NotedStore::bytes);
  }

  @Override
  public long[] digests() {
    return new long[HashRing.SLOTS];
  }

  @Override
  public List<Entry> entries(IntPredicate slots) {
    return leftovers.stream().filter(entry -> slots.test(HashRing.slotOf(entry.key()))).toList();
  }

  @Override
  public List<Version> horizons() {
    return Collections.nCopies(HashRing.SLOTS, Version.NEVER);
  }

  @Override
  public Map<Integer, Version> purgeable(IntPredicate slots, long beforeMillis, int mostSlots) {
    return Map.of();
  }

  @Override
  public int raise(Map<Integer, Version> horizons, Predicate<byte[]> spared) {
    return 0;
  }

  @Override
  public OptionalInt wipe(Map<Integer, Version> versions) {
    requireWhole();
    events.add("wiped " + versions.size());
    return OptionalInt.of(0);
  }

  @Override
  public int[] sizes() {
    int[] sizes = new int[HashRing.SLOTS];
    leftovers.forEach(entry -> sizes[HashRing.slotOf(entry.key())]++);
    return sizes;
  }

  @Override
  public int forget(Map<Integer, Version> horizons, List<Entry> groups) {
    events.add("forgotten " + groups.size());
    return groups.size();
  }

  @Override
  public List<Lack> lacks(IntPredicate slots) {
    return lacks;
  }

  @Override
  public long offer(Lack lack) {
    return Long.MIN_VALUE;
  }

  @Override
  public List<byte[]> history(Lack lack, int mostBytes) {
    return List.of();
  }

  @Override
  public Adopted adopt(Lack lack, List<byte[]> pages) {
    return adopted;
  }

  @Override
  public List<String> labelNamesOf(String job) {
    return List.of();
  }

  @Override
  public Optional<String> collision(Claim claim) {
    return Optional.empty();
  }

  private void requireWhole() {
    if (isBroken) {
      throw new IllegalStateException("thrown by a test");
    }
  }

  public static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  public static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
