package io.silverback.server.remotewrite;

import java.time.Duration;
import java.util.BitSet;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * What a round of a target does: slots in which it got equally far have their next stretch
 * together. Immutable.
 *
 * @param works the oldest first
 * @param backMillis how far the clock went back since a target got where it is; 0 if it did not
 * @param lostMillis how much was lost to the target, as the history does not go back to where it
 *     got
 */
record Plan(SortedMap<Work, BitSet> works, long backMillis, long lostMillis) {
  /** How much the clocks of servers may differ without a loss. */
  private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(5);

  // Slots that were taken over one after the other are sent together.
  private static final Duration REPEATS_GRAIN = Duration.ofSeconds(1);
  private static final Duration OWN_GRAIN = Duration.ofSeconds(5);

  /**
   * The next stretch of some slots: all that was pushed there after a time and up to another one.
   *
   * @param isEverywhere whether it is read from all servers
   */
  record Work(Cursor from, long toMillis, boolean isEverywhere) implements Comparable<Work> {
    private static final Comparator<Work> ORDER =
        Comparator.comparing(Work::from)
            .thenComparingLong(Work::toMillis)
            .thenComparing(Work::isEverywhere);

    boolean isNothing() {
      return toMillis <= from.doneMillis();
    }

    Cursor begun() {
      return new Cursor(from.doneMillis(), Math.max(from.begunMillis(), toMillis));
    }

    Cursor done() {
      return new Cursor(toMillis, begun().begunMillis());
    }

    @Override
    public int compareTo(Work other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * What is the same for all slots.
   *
   * @param settledMillis all that was pushed up to then is visible
   * @param oldestMillis what was pushed up to then is there no more
   * @param createdMillis when the target came to be, which is where an unknown one begins
   * @param elapsedMillis since the round before
   * @param stretch the longest
   */
  record Times(
      long settledMillis,
      long oldestMillis,
      long createdMillis,
      long elapsedMillis,
      Duration stretch) {}

  static Plan of(Leadership.Term term, Cursors.Places places, Times times) {
    var works = new TreeMap<Work, BitSet>();
    long back = 0;
    long lost = 0;
    for (int slot = term.slots().nextSetBit(0);
        slot >= 0;
        slot = term.slots().nextSetBit(slot + 1)) {
      Cursor cursor = cursor(slot, term, places, times);
      if (cursor.doneMillis() > times.settledMillis()) {
        back = Math.max(back, cursor.doneMillis() - times.settledMillis());
        cursor = Cursor.at(times.settledMillis() - times.elapsedMillis() - 1);
      }
      if (cursor.doneMillis() < times.oldestMillis()) {
        lost = Math.max(lost, times.oldestMillis() - cursor.doneMillis());
        cursor =
            new Cursor(times.oldestMillis(), Math.max(times.oldestMillis(), cursor.begunMillis()));
      }
      Work work = work(cursor, term.sinceMillis().applyAsLong(slot), times);
      works.computeIfAbsent(work, _ -> new BitSet()).set(slot);
    }
    return new Plan(works, back, lost);
  }

  /**
   * Where to go on: with what was pushed since the target is here, if nothing else is known. The
   * clock of a leader before may have been ahead, so what this server was pushed is not passed
   * over.
   */
  private static Cursor cursor(int slot, Leadership.Term term, Cursors.Places places, Times times) {
    if (!places.known().get(slot)) {
      return Cursor.at(Math.min(times.settledMillis(), times.createdMillis() - 1));
    }
    Cursor known = places.cursor(slot);
    return places.epoch(slot) == term.epoch().applyAsLong(slot)
        ? known
        : new Cursor(
            Math.min(known.doneMillis(), term.sinceMillis().applyAsLong(slot) - 1),
            known.begunMillis());
  }

  /**
   * The next stretch. It ends where repeats do, so that they are in requests of their own: those of
   * what was begun, and what the leader before may have sent last. It also ends where what this
   * server took as the leader begins, all of which it has; of what was pushed before, it may have
   * missed some that others have.
   */
  private static Work work(Cursor cursor, long sinceMillis, Times times) {
    long done = cursor.doneMillis();
    long others = roundedUp(sinceMillis, REPEATS_GRAIN);
    long own = roundedUp(sinceMillis + CLOCKS_DIFFER.toMillis(), OWN_GRAIN);
    long end =
        LongStream.of(cursor.begunMillis(), others, own)
            .filter(millis -> millis > done)
            .reduce(done + times.stretch().toMillis(), Math::min);
    return new Work(cursor, Math.max(done, Math.min(times.settledMillis(), end)), done < own);
  }

  private static long roundedUp(long millis, Duration grain) {
    return Math.ceilDiv(millis, grain.toMillis()) * grain.toMillis();
  }
}
