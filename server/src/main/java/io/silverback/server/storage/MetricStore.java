package io.silverback.server.storage;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * The groups, as the handlers see them.
 *
 * <p>Thread-safe. Updates of one group are applied in the order in which they were submitted and
 * each as a whole: no reader sees half a push. Updates of different groups go side by side.
 *
 * <p>A server of a cluster has a part of the groups, and shows a part of those. What it answers
 * for:
 *
 * <ul>
 *   <li><em>the whole cluster</em>: {@link #submit}, {@link #rehearse}, {@link #wipe}, {@link
 *       #everywhere}, {@link #listing}, {@link #listingAfter}, {@link #group}, {@link #names},
 *       {@link #groupCount} and {@link #history}, which ask other servers and may fail if one of
 *       them is silent
 *   <li><em>the slots that this server leads</em>: {@link #snapshot()} and {@link #quietGroups}, so
 *       that each group is shown, and given up, by one server
 *   <li><em>what is stored here</em>, whichever server leads it: all other methods
 * </ul>
 */
public interface MetricStore extends AutoCloseable {

  /** Applies the update, or refuses it; then a push leaves a mark on its group and nothing else. */
  Submission submit(GroupUpdate update);

  /**
   * What {@link #submit} would do with a push now, as its leader judges it; changes nothing.
   *
   * @throws StoreNotReadyException if the server that leads the group does not answer
   */
  Rehearsal rehearse(GroupUpdate update);

  /**
   * The groups that exist and that this server shows, each as of some moment during this call. The
   * caller closes it.
   */
  Snapshot snapshot();

  /** The groups stored here that belong to some slots of the cluster. The caller closes it. */
  Snapshot snapshot(IntPredicate slots);

  /**
   * What all groups hold that exist and are shown, those that other servers show, too. The caller
   * closes it.
   *
   * @param patience how long to wait until every group is shown by a server
   * @throws StoreNotReadyException if a server does not answer in time, while the families are
   *     read, too
   */
  default FamilyListing everywhere(Duration patience) {
    return snapshot();
  }

  /**
   * All groups that exist. The caller closes it. What is read late may be newer than what was read
   * before.
   *
   * @throws StoreNotReadyException if a server does not answer, while the groups are read, too
   */
  default GroupListing listing() {
    return snapshot();
  }

  /**
   * The same of the groups after a key, in the order of the listing.
   *
   * @throws StoreNotReadyException if a server does not answer, while the groups are read, too
   */
  default GroupListing listingAfter(GroupingKey key) {
    return snapshot().after(key);
  }

  /**
   * The group of that key; empty if it does not exist.
   *
   * @throws StoreNotReadyException if the server that leads the group does not answer
   */
  Optional<GroupState> group(GroupingKey key);

  /**
   * Calls the consumer with the key of every group that exists, in any order. The consumer must not
   * call the store.
   *
   * @throws StoreNotReadyException if a server does not answer
   */
  void names(Consumer<GroupingKey> consumer);

  /**
   * Number of groups that exist.
   *
   * @throws StoreNotReadyException if a server does not answer
   */
  int groupCount();

  /**
   * Deletes every group that exists when this is called, and all history, and returns the number of
   * these groups.
   *
   * @throws StoreNotReadyException if some are left, since a server of the cluster does not answer
   */
  int wipe();

  /**
   * Hands every series that matches and has samples in that time to the sink, in any order.
   *
   * @throws StoreNotReadyException if a server does not answer; the sink then got only a part
   * @throws IOException if the budget or the sink does; the sink then got only a part
   */
  void history(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException;

  /** Hands the size of every group that exists to the sink, and when what happened to it. */
  void sizes(SizeSink sink);

  /**
   * Hands every group that exists to the sink, with what it holds. Takes a short time at once from
   * pushes, however many groups there are.
   */
  void shapes(ShapeSink sink);

  /**
   * Hands every group that is stale, or exists and was last pushed to that long ago or longer, to
   * the sink, in any order.
   */
  void quietGroups(Duration atLeast, QuietSink sink);

  /** What is held now, and what that takes. */
  StorageStatistics statistics();

  /**
   * Why the store cannot be asked anything yet; empty once it can. Until then every other method
   * but {@link #close} may throw {@link StoreNotReadyException}.
   */
  Optional<String> whyNotReady();

  /**
   * Copies the groups and their history into a store of its own, beside this one, while both go on.
   *
   * @return the name of the copy; empty if this store is not kept in files
   * @throws IOException if it cannot be written; then nothing is left of it
   */
  Optional<String> saveCopy() throws IOException;

  @Override
  void close();

  /** Takes the sizes of groups, one after the other; must not call the store. */
  @FunctionalInterface
  interface SizeSink {
    /**
     * A group; the groups come in any order.
     *
     * @param bounds when what happened to it
     * @param series each bucket, quantile, sum and count is one
     * @param bytes of its key, its current values and its open page of history
     */
    void group(GroupingKey key, GroupBounds bounds, long series, long bytes);
  }

  /** Takes groups, one after the other; must not call the store. */
  @FunctionalInterface
  interface ShapeSink {
    /**
     * A group; the groups come in any order.
     *
     * @param shape the same for groups that hold the same but for the labels of their keys
     * @param held tells what that is; good during the call
     */
    void group(GroupingKey key, Fingerprint shape, Consumer<MetricSink> held);
  }

  /** Takes what groups of a shape hold. */
  @FunctionalInterface
  interface MetricSink {
    /**
     * A metric.
     *
     * @param labels those that the grouping key does not give
     * @param series each bucket, quantile, sum and count is one
     * @param bounds how many of them have a label {@code le} or {@code quantile}
     */
    void metric(String family, MetricType type, Labels labels, int series, int bounds);
  }

  /** Takes groups, one after the other; must not call the store. */
  @FunctionalInterface
  interface QuietSink {
    void group(QuietGroup group);
  }

  /**
   * What an update would do.
   *
   * @param answer to a client
   * @param seriesBefore of the group as it is; each bucket, quantile, sum and count is one
   * @param series of the group if the update is accepted
   * @param outline of it, then
   * @param leader the name of the server that judged it, empty for a single one
   */
  record Rehearsal(
      Submission answer, int seriesBefore, int series, GroupOutline outline, String leader) {
    public Rehearsal answered(Submission other) {
      return new Rehearsal(other, seriesBefore, series, outline, leader);
    }

    public Rehearsal ledBy(String node) {
      return new Rehearsal(answer, seriesBefore, series, outline, node);
    }
  }

  /** What became of an update. */
  sealed interface Submission {
    /** Applied, and visible to every reader from now on. */
    record Accepted() implements Submission {}

    /** Not applied; the reason is for the client, in upstream's words where upstream has some. */
    record Refused(GroupingKey key, String reason) implements Submission {}

    /**
     * Not applied, since the store would outgrow what its operator allows. The group gets the mark
     * of a failed push if it exists, and does not come to be if it does not.
     *
     * @param reason for the client; names the flag
     */
    record OverLimit(GroupingKey key, Limit limit, String reason) implements Submission {}

    /**
     * Not applied, and nothing was changed, since the group is as new here, or newer, or not the
     * one any more that a staleness rule looked at.
     */
    record Outdated(GroupingKey key) implements Submission {}

    /**
     * Not known; it may take effect later, but never above a later update.
     *
     * @param reason for the client, who should try again
     */
    record Unavailable(GroupingKey key, String reason) implements Submission {}
  }
}
