package io.silverback.server.writers;

import io.silverback.server.writers.WriterTrace.Continuity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who pushed to a group lately, and whether several do so in turn. Not thread-safe.
 *
 * <p>A conflict is a writer that comes back, again and again, after another one pushed. So neither
 * a restart is one (the old process does not come back), nor an overlap of two processes that ends,
 * nor a job whose every run is a new process.
 */
final class WatchedGroup {
  /*
   * Implementation notes
   *
   * Each return of a writer adds to a score, each push by the same writer as before takes a little
   * off: so a few returns make a conflict, and it ends once one of the writers is alone. What
   * addresses and values say is weaker than start times and series, and needs more returns.
   *
   * Writers are kept in the order of their last pushes. With more writers than places, mostly the
   * last but one goes, so that one of them stays long enough to be seen coming back.
   */
  private static final int WRITERS = 4;
  private static final int INSERTIONS_OF_THE_LAST = 64;

  private static final int STRONG = 8;
  private static final int WEAK = 3;
  private static final int CONFLICT = 24;
  private static final int MOST = 2 * CONFLICT;

  private static final long SHOWN_NANOS = 3_600_000_000_000L;
  private static final int RETURNS_MISSED = 3;

  /** After that many pushes without a sign of others, the next group gets the room. */
  private static final int ENOUGH_PUSHES = 20;

  private static final long IDLE_NANOS = 600_000_000_000L;

  private final List<WriterTrace> writers = new ArrayList<>(WRITERS);
  private int score;
  private int insertions;
  private int pushes;
  private long lastPushNanos;
  private long lastReturnNanos;
  private long returnGapNanos;
  private boolean isConflict;
  private long sinceMillis;
  private WriterEvidence evidence = WriterEvidence.PROCESS;

  private enum Relation {
    SAME,
    /** Nothing but the address says that they are two. */
    MAYBE,
    OTHER,
    /** Neither touches what the other one writes. */
    APART
  }

  /**
   * Takes a push into account.
   *
   * @param replaces true for a PUT, which leaves nothing of what was there before
   * @return the evidence, if this push is one of a writer that came back during a conflict
   */
  Optional<WriterEvidence> add(WriterTrace push, boolean replaces, long nowNanos, long wallMillis) {
    pushes++;
    lastPushNanos = nowNanos;
    int before = 0;
    while (before < writers.size()
        && relation(push, writers.get(before), replaces) == Relation.APART) {
      before++;
    }
    if (before == writers.size()) {
      insert(push);
      return Optional.empty();
    }
    WriterTrace last = writers.get(before);
    Relation toLast = relation(push, last, replaces);
    if (toLast == Relation.SAME) {
      renew(before, push);
      quieten(1);
      return Optional.empty();
    }
    WriterEvidence reason = toLast == Relation.MAYBE ? WriterEvidence.ADDRESS : reason(push, last);
    int earlier = earlier(push, before + 1, replaces, reason);
    if (earlier < 0) {
      insert(push);
      return Optional.empty();
    }
    int weight = weight(push, writers.get(earlier), last, reason);
    renew(earlier, push);
    if (weight <= 0) {
      quieten(-weight);
      return Optional.empty();
    }
    return returned(weight, reason, nowNanos, wallMillis);
  }

  private Optional<WriterEvidence> returned(
      int weight, WriterEvidence reason, long nowNanos, long wallMillis) {
    returnGapNanos = score == 0 ? 0 : nowNanos - lastReturnNanos;
    lastReturnNanos = nowNanos;
    score = Math.min(MOST, score + weight);
    evidence = reason;
    if (score < CONFLICT && !isConflict) {
      return Optional.empty();
    }
    if (!isConflict) {
      isConflict = true;
      sinceMillis = wallMillis;
    }
    return Optional.of(reason);
  }

  private static int weight(
      WriterTrace push, WriterTrace earlier, WriterTrace last, WriterEvidence reason) {
    if (reason != WriterEvidence.ADDRESS) {
      return STRONG;
    }
    Continuity continuity = push.continuityWith(earlier, last);
    return switch (continuity) {
      case OF_ITS_OWN -> WEAK;
      case OF_ALL -> -STRONG;
      case UNKNOWN -> 0;
    };
  }

  /** The place of the writer of the push, counted from the one that pushed last; -1 for none. */
  private int earlier(WriterTrace push, int from, boolean replaces, WriterEvidence reason) {
    // A process is known by its start time, series and keys by themselves, whatever the address.
    boolean byAnyAddress = reason == WriterEvidence.SERIES || reason == WriterEvidence.REWRITE;
    for (int i = from; i < writers.size(); i++) {
      Relation relation = relation(push, writers.get(i), replaces);
      if (relation == Relation.SAME || (relation == Relation.MAYBE && byAnyAddress)) {
        return i;
      }
    }
    return -1;
  }

  private static Relation relation(WriterTrace push, WriterTrace writer, boolean replaces) {
    if (!push.sentAs().equals(writer.sentAs())) {
      return Relation.OTHER;
    }
    boolean unlike = push.isUnlike(writer);
    if (unlike && !replaces) {
      return Relation.APART;
    }
    if (push.startedWith(writer)) {
      return Relation.SAME;
    }
    if (unlike || push.startedApart(writer)) {
      return Relation.OTHER;
    }
    return push.client().equals(writer.client()) ? Relation.SAME : Relation.MAYBE;
  }

  private static WriterEvidence reason(WriterTrace push, WriterTrace other) {
    if (!push.sentAs().equals(other.sentAs())) {
      return WriterEvidence.REWRITE;
    }
    return push.startedApart(other) ? WriterEvidence.PROCESS : WriterEvidence.SERIES;
  }

  private void renew(int index, WriterTrace push) {
    writers.remove(index);
    writers.addFirst(push);
  }

  private void insert(WriterTrace push) {
    if (writers.size() == WRITERS) {
      insertions++;
      boolean isTurnOfLast = insertions % INSERTIONS_OF_THE_LAST == 0;
      writers.remove(isTurnOfLast ? WRITERS - 1 : WRITERS - 2);
    }
    writers.addFirst(push);
  }

  private void quieten(int by) {
    score = Math.max(0, score - by);
    isConflict &= score > 0;
  }

  /** True if several write in turn, unless nobody came back for longer than is usual here. */
  boolean isInConflict(long nowNanos) {
    return isConflict
        && nowNanos - lastReturnNanos < Math.max(SHOWN_NANOS, RETURNS_MISSED * returnGapNanos);
  }

  /** True if there is nothing more to find out for now. */
  boolean isQuiet(long nowNanos) {
    return !isInConflict(nowNanos)
        && ((score == 0 && pushes >= ENOUGH_PUSHES) || nowNanos - lastPushNanos > IDLE_NANOS);
  }

  WriterEvidence evidence() {
    return evidence;
  }

  /** When the conflict was found, in milliseconds since the epoch. */
  long sinceMillis() {
    return sinceMillis;
  }

  /** Those that pushed lately, the last one first. */
  List<WriterTrace> writers() {
    return List.copyOf(writers);
  }
}
