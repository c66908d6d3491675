package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.PushRhythm;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.rules.StalenessRule;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.log.Log;
import io.silverback.server.log.ShortText;
import io.silverback.server.storage.MetricStore.Submission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Lets groups expire that their staleness rule gives up, and forgets them later.
 *
 * <p>Both are updates like any other, which say what they were judged by; so a push that comes in
 * between wins. Works in a thread of its own until closed.
 */
public final class StalenessSweep implements AutoCloseable {
  /** What the keys of the groups weigh that are judged before the first of them is updated. */
  static final long BATCH_WEIGHT = 8 << 20;

  /** Groups that a line of the log names. */
  private static final int MOST_NAMED = 5;

  private static final int LONGEST_NAME = 200;

  /*
   * Implementation notes
   *
   * A sweep looks at the head of every group, and asks the rules about those that were quiet for as
   * long as the least patient rule is. There is one in a tenth of that patience, so that a group
   * outlives its time by no more; but if there are so many groups that a sweep takes long, there
   * are fewer, so that they take a twentieth of the time of a core at most.
   */
  private static final int SWEEPS_IN_PATIENCE = 10;
  private static final long REST_FACTOR = 20;
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration LONGEST_REST = Duration.ofSeconds(30);

  private static final Log log = Log.of(StalenessSweep.class);

  private final MetricStore store;
  private final Supplier<StalenessRules> rules;
  private final Runnable onExpired;
  private final Runnable onPurged;
  private final Chore chore;
  private StalenessRules last = StalenessRules.NONE;
  private long dueNanos = System.nanoTime();

  /**
   * Starts.
   *
   * @param rules as they are now
   * @param onExpired told of each group that expired
   * @param onPurged told of each group that was forgotten
   */
  public StalenessSweep(
      MetricStore store, Supplier<StalenessRules> rules, Runnable onExpired, Runnable onPurged) {
    this.store = store;
    this.rules = rules;
    this.onExpired = onExpired;
    this.onPurged = onPurged;
    this.chore = new Chore("staleness", Chore.Need.VITAL, TICK, this::sweepIfDue);
  }

  private void sweepIfDue() {
    if (store.whyNotReady().isPresent()) {
      return;
    }
    long start = System.nanoTime();
    StalenessRules current = rules.get();
    boolean isNew = !current.equals(last);
    if (!isNew && start - dueNanos < 0) {
      return;
    }
    last = current;
    sweep(store, current, onExpired, onPurged);
    long rest =
        current
            .shortestPatience()
            .map(patience -> patience.dividedBy(SWEEPS_IN_PATIENCE).toNanos())
            .orElse(LONGEST_REST.toNanos());
    long end = System.nanoTime();
    dueNanos = end + Math.max(Math.min(rest, LONGEST_REST.toNanos()), (end - start) * REST_FACTOR);
  }

  /** Looks at all groups once. */
  static void sweep(
      MetricStore store, StalenessRules rules, Runnable onExpired, Runnable onPurged) {
    Optional<Duration> patience = rules.shortestPatience();
    if (patience.isEmpty() && store.statistics().staleGroups() == 0) {
      return;
    }
    boolean isMore = true;
    while (isMore) {
      var batch = new Batch();
      store.quietGroups(
          patience.orElse(Duration.ofSeconds(Integer.MAX_VALUE)),
          group -> {
            if (!batch.isFull()) {
              verdict(group, rules).ifPresent(batch::add);
            }
          });
      int done = submit(store, batch.updates, onExpired, onPurged);
      isMore = batch.isFull() && done > 0;
    }
  }

  /** As many updates as a fixed amount of memory holds, but for the last. */
  private static final class Batch {
    private final List<GroupUpdate> updates = new ArrayList<>();
    private long weight;

    void add(GroupUpdate update) {
      updates.add(update);
      weight += KeyBatch.weightOf(update.key());
    }

    boolean isFull() {
      return weight >= BATCH_WEIGHT;
    }
  }

  private static int submit(
      MetricStore store, List<GroupUpdate> updates, Runnable onExpired, Runnable onPurged) {
    var expired = new Done();
    var purged = new Done();
    for (GroupUpdate update : updates) {
      if (store.submit(update) instanceof Submission.Accepted) {
        boolean isExpiry = update instanceof GroupUpdate.Expire;
        (isExpiry ? onExpired : onPurged).run();
        (isExpiry ? expired : purged).add(update.key());
        log.debug(isExpiry ? "group expired" : "group purged", "group", update.key());
      }
    }
    if (expired.groups > 0) {
      log.info(
          "groups without pushes",
          "expired",
          expired.groups,
          "purged",
          purged.groups,
          "groups",
          expired.names(),
          "list",
          "GET /api/v1/metrics?stale=true");
    } else if (purged.groups > 0) {
      log.info(
          "groups without pushes",
          "expired",
          expired.groups,
          "purged",
          purged.groups,
          "groups",
          purged.names());
    }
    return expired.groups + purged.groups;
  }

  /** Groups for a line of the log, which names the first of them. */
  private static final class Done {
    private final List<String> named = new ArrayList<>();
    private int groups;

    void add(GroupingKey key) {
      groups++;
      if (named.size() < MOST_NAMED) {
        named.add(ShortText.of(key.toString(), LONGEST_NAME));
      }
    }

    String names() {
      String first = String.join(", ", named);
      return groups == named.size() ? first : first + " and " + (groups - named.size()) + " more";
    }
  }

  private static Optional<GroupUpdate> verdict(QuietGroup group, StalenessRules rules) {
    Optional<StalenessRule> rule = rules.ruleFor(group.key());
    if (group.stale()) {
      // A group whose rule is gone still goes, some day.
      Duration purgeAfter = rule.map(StalenessRule::purgeAfter).orElse(StalenessRule.USUAL_PURGE);
      return group.quiet().compareTo(purgeAfter) < 0
          ? Optional.empty()
          : Optional.of(new GroupUpdate.Purge(group.key(), group.last()));
    }
    PushRhythm rhythm = group.rhythm();
    return rule.filter(it -> it.patience(rhythm).filter(most -> isOver(group, most)).isPresent())
        .map(it -> new GroupUpdate.Expire(group.key(), group.last(), it.keepsPushTime()));
  }

  private static boolean isOver(QuietGroup group, Duration patience) {
    return group.quiet().compareTo(patience) >= 0;
  }

  /** How it goes. */
  public ChoreStatistics statistics() {
    return chore.statistics();
  }

  @Override
  public void close() {
    chore.close();
  }
}
