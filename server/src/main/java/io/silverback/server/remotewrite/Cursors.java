package io.silverback.server.remotewrite;

import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntToLongFunction;

/**
 * How far each target got in each slot, in a file if the store is in files. A target that is taken
 * out keeps its place, and goes on from there when it comes back. In a cluster also what the other
 * servers tell. Thread-safe. Layout: {@code docs/formats/store.md}.
 */
public final class Cursors {
  static final String FILE = "remote-write";

  private static final Log log = Log.of(Cursors.class);
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 1, System::nanoTime);

  private static final String HEAD = "silverback remote-write 1";
  private static final String HEAD_WITH_SLOTS = "silverback remote-write 2";
  private static final int MOST_BYTES = 64 << 20;
  private static final int LONGEST_NAME = 1024;

  /** Names come and go by reloads; the one that is oldest goes first. */
  private static final int MOST_TARGETS = 256;

  /** The same where each takes memory for many slots. */
  private static final int MOST_TARGETS_WITH_SLOTS = 32;

  private final Optional<Path> file;
  private final int slots;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Places> targets = new TreeMap<>();

  /** True if something was heard that is not in the file. */
  private boolean isAhead;

  /** How far one target got. Not thread-safe. */
  static final class Places {
    private final long[] epochs;
    private final long[] done;
    private final long[] begun;
    private final BitSet known;

    private Places(int slots) {
      this(new long[slots], new long[slots], new long[slots], new BitSet(slots));
    }

    private Places(long[] epochs, long[] done, long[] begun, BitSet known) {
      this.epochs = epochs;
      this.done = done;
      this.begun = begun;
      this.known = known;
    }

    private Places copy() {
      return new Places(epochs.clone(), done.clone(), begun.clone(), (BitSet) known.clone());
    }

    /** The slots in which it is known. */
    BitSet known() {
      return known;
    }

    Cursor cursor(int slot) {
      return new Cursor(done[slot], begun[slot]);
    }

    /** Of the leader that got so far. */
    long epoch(int slot) {
      return epochs[slot];
    }

    private void put(int slot, long epoch, long doneMillis, long begunMillis) {
      epochs[slot] = epoch;
      done[slot] = doneMillis;
      begun[slot] = begunMillis;
      known.set(slot);
    }

    /** Of two leaders the later one knows better; of the times of one the greatest count. */
    private void hear(Reached told) {
      told.slots().stream()
          .filter(slot -> slot < epochs.length)
          .forEach(
              slot -> {
                if (!known.get(slot) || told.epoch() > epochs[slot]) {
                  put(slot, told.epoch(), told.doneMillis(), told.begunMillis());
                } else if (told.epoch() == epochs[slot]) {
                  done[slot] = Math.max(done[slot], told.doneMillis());
                  begun[slot] = Math.max(begun[slot], told.begunMillis());
                }
              });
    }

    /** Each place that slots share, once. */
    private List<Reached> reached(BitSet wanted) {
      var found = new TreeMap<Long, Map<Cursor, BitSet>>();
      known.stream()
          .filter(wanted::get)
          .forEach(
              slot ->
                  found
                      .computeIfAbsent(epochs[slot], _ -> new TreeMap<>())
                      .computeIfAbsent(cursor(slot), _ -> new BitSet())
                      .set(slot));
      var reached = new ArrayList<Reached>();
      found.forEach(
          (epoch, places) ->
              places.forEach(
                  (cursor, where) ->
                      reached.add(
                          new Reached(epoch, cursor.doneMillis(), cursor.begunMillis(), where))));
      return reached;
    }

    private long newestMillis() {
      return known.stream().mapToLong(slot -> done[slot]).max().orElse(Long.MIN_VALUE);
    }
  }

  /**
   * Goes on with those of a file.
   *
   * @param folder where the file is; empty to keep none
   * @param slots how many there are; the file of a server without slots is good for all of them
   */
  Cursors(Optional<Path> folder, int slots) {
    this.slots = slots;
    file = folder.map(path -> path.resolve(FILE));
    file.filter(Files::exists).ifPresent(this::read);
  }

  /** How far a target got by now. */
  Places of(String target) {
    lock.lock();
    try {
      return Optional.ofNullable(targets.get(target))
          .map(Places::copy)
          .orElseGet(() -> new Places(slots));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps how far a target got, whatever was known. That it cannot be written is said in the log
   * alone, at times.
   *
   * @param epoch by slot: of this server, which leads it
   */
  void put(String target, BitSet where, IntToLongFunction epoch, Cursor cursor) {
    lock.lock();
    try {
      Places places = places(target);
      where.stream()
          .forEach(
              slot ->
                  places.put(
                      slot, epoch.applyAsLong(slot), cursor.doneMillis(), cursor.begunMillis()));
      isAhead = true;
      keepFile();
    } finally {
      lock.unlock();
    }
  }

  /** Another server tells how far a target got, which this one may not have. */
  public void hear(String target, List<Reached> told) {
    if (!isName(target) || told.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      Places places = places(target);
      told.forEach(places::hear);
      isAhead = true;
    } finally {
      lock.unlock();
    }
  }

  /** False if no target may have that name. */
  static boolean isName(String target) {
    return target.length() <= LONGEST_NAME && target.chars().noneMatch(Character::isISOControl);
  }

  /** How far a target got in those of some slots where that is known, each place once. */
  public List<Reached> reached(String target, BitSet where) {
    return of(target).reached(where);
  }

  /** Writes what was heard since the file was written. */
  void keep() {
    lock.lock();
    try {
      keepFile();
    } finally {
      lock.unlock();
    }
  }

  private Places places(String target) {
    Places places = targets.computeIfAbsent(target, _ -> new Places(slots));
    if (targets.size() > (slots == 1 ? MOST_TARGETS : MOST_TARGETS_WITH_SLOTS)) {
      targets.entrySet().stream()
          .filter(entry -> !entry.getKey().equals(target))
          .min(Comparator.comparingLong(entry -> entry.getValue().newestMillis()))
          .map(Map.Entry::getKey)
          .ifPresent(targets::remove);
    }
    return places;
  }

  private void keepFile() {
    if (isAhead && file.isPresent()) {
      write(file.get());
    }
    isAhead = false;
  }

  private void write(Path to) {
    var text = new StringBuilder(slots == 1 ? HEAD : HEAD_WITH_SLOTS).append('\n');
    targets.forEach(
        (name, places) ->
            places
                .reached(places.known())
                .forEach(reached -> text.append(line(reached)).append(name).append('\n')));
    try {
      Path unfinished = to.resolveSibling(FILE + ".in_progress");
      Files.writeString(unfinished, text);
      Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      failures.warn(
          "write",
          "cannot keep how far remote write got, a restart will begin with what is pushed then",
          "file",
          to,
          "reason",
          FileFailure.reason(e));
    }
  }

  private String line(Reached reached) {
    String times = reached.doneMillis() + " " + reached.begunMillis() + " ";
    return slots == 1
        ? times
        : times
            + reached.epoch()
            + " "
            + Base64.getEncoder().encodeToString(reached.slots().toByteArray())
            + " ";
  }

  private void read(Path from) {
    try (InputStream in = Files.newInputStream(from)) {
      String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
      boolean hasSlots = slots > 1 && text.startsWith(HEAD_WITH_SLOTS + "\n");
      if (!hasSlots && !text.startsWith(HEAD + "\n")) {
        throw new IOException("it is not of this version");
      }
      text.lines().skip(1).forEach(line -> readLine(line, hasSlots));
    } catch (IOException e) {
      log.warn(
          "cannot read how far remote write got, it begins with what is pushed now",
          "file",
          from,
          "reason",
          FileFailure.reason(e));
    }
  }

  private void readLine(String line, boolean hasSlots) {
    String[] fields = line.split(" ", hasSlots ? 5 : 3);
    try {
      if (fields.length == (hasSlots ? 5 : 3)) {
        long done = Long.parseLong(fields[0]);
        long begun = Math.max(done, Long.parseLong(fields[1]));
        var where = new BitSet();
        where.set(0, slots);
        long epoch = 0;
        if (hasSlots) {
          epoch = Long.parseLong(fields[2]);
          where = BitSet.valueOf(Base64.getDecoder().decode(fields[3]));
        }
        hear(fields[fields.length - 1], List.of(new Reached(epoch, done, begun, where)));
      }
    } catch (IllegalArgumentException _) {
      // That target begins anew.
    }
    isAhead = false;
  }
}
