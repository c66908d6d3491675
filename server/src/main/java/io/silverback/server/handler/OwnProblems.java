package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.log.ShortText;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.writers.WriterWatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What clients of this server have trouble with: for each of the groups to which a push was refused
 * lately, the last reason; and the groups that several clients write in turn. Thread-safe, and of
 * fixed size.
 */
public final class OwnProblems implements Problems {
  /** A longer key is not remembered: it would take the place of many. */
  private static final long HEAVIEST_KEY = 8 << 10;

  private static final int LONGEST_REASON = 1000;
  private static final int LONGEST_CLIENT = 64;

  private final WriterWatch writers;
  private final LongSupplier wallMillis;

  /** By the time of the last refusal; guarded by itself. */
  private final LinkedHashMap<GroupingKey, Problem> refused = new LinkedHashMap<>();

  /**
   * Nothing is wrong yet.
   *
   * @param writers knows who writes in turn
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  public OwnProblems(WriterWatch writers, LongSupplier wallMillis) {
    this.writers = writers;
    this.wallMillis = wallMillis;
  }

  /** A push was refused. */
  void refused(GroupingKey key, String client, String reason) {
    if (KeyBatch.weightOf(key) > HEAVIEST_KEY) {
      return;
    }
    var problem =
        new Problem(
            Kind.REFUSED_PUSH,
            key,
            wallMillis.getAsLong(),
            ShortText.of(client, LONGEST_CLIENT),
            ShortText.of(reason, LONGEST_REASON));
    synchronized (refused) {
      refused.putLast(key, problem);
      if (refused.size() > MOST) {
        refused.pollFirstEntry();
      }
    }
  }

  @Override
  public Report report() {
    List<Problem> problems;
    synchronized (refused) {
      problems = new ArrayList<>(refused.sequencedValues());
    }
    for (WriterWatch.Conflict conflict : writers.conflicts(MOST)) {
      problems.add(
          new Problem(
              Kind.WRITER_CONFLICT,
              conflict.key(),
              conflict.sinceMillis(),
              String.join(", ", conflict.names()),
              conflict.evidence().sentence()));
    }
    problems.sort(Comparator.comparingLong(Problem::millis).reversed());
    return new Report(problems, List.of());
  }
}
