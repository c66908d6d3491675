package io.silverback.server.storage.engine;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.group.GroupDifference;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.GroupUpdater;
import io.silverback.server.group.Verdict;
import io.silverback.server.storage.MetricStore.Rehearsal;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.maps.PreparedTexts;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Works out what updates make of groups, and changes none of them: a single node publishes what
 * comes out, and the leader of a group has its replicas do so first.
 *
 * <p>Calls for a group belong under its lock. Most pushes end with {@link #revalued}; all others
 * are judged under the lock of shape changes, which is to be held until what was decided is done.
 */
public final class UpdateJudge {
  private static final Obstacle TIMESTAMPED =
      new Obstacle.Conflict("pushed metrics must not have timestamps");

  /** Of an update that is not stored, so that no version that counts is spent on it. */
  private static final Version NEWEST = new Version(Long.MAX_VALUE, 0, 0);

  private final GroupTable table;
  private final ShapeTable shapes;
  private final ConsistencyCheck check;
  private final GrowthCheck growth;
  private final Tombstones tombstones;
  private final boolean checked;

  UpdateJudge(
      GroupTable table,
      ShapeTable shapes,
      ConsistencyCheck check,
      GrowthCheck growth,
      Tombstones tombstones,
      boolean checked) {
    this.table = table;
    this.shapes = shapes;
    this.check = check;
    this.growth = growth;
    this.tombstones = tombstones;
    this.checked = checked;
  }

  /**
   * What an update would make of a group if nothing spoke against it.
   *
   * @param frame of the old state
   * @param change from the old to the next state
   */
  public record Proposal(
      GroupUpdate update,
      Stamp stamp,
      GroupFrame frame,
      GroupState old,
      GroupState next,
      GroupChange change) {}

  /** The version of an update with the time that its row of history gets. */
  public static Stamp stampOf(GroupUpdate update, Version version, long wallMillis) {
    return switch (update) {
      case GroupUpdate.Restore restore -> new Stamp(version, restore.lastMillis());
      case GroupUpdate.Replace _,
          GroupUpdate.Merge _,
          GroupUpdate.Revalue _,
          GroupUpdate.Delete _,
          GroupUpdate.Expire _,
          GroupUpdate.Purge _ ->
          new Stamp(version, wallMillis);
    };
  }

  /** False for an update that only takes away, which a full disk need not keep out. */
  public static boolean takesRoom(GroupUpdate update) {
    return switch (update) {
      case GroupUpdate.Replace _,
          GroupUpdate.Merge _,
          GroupUpdate.Revalue _,
          GroupUpdate.Restore _ ->
          true;
      case GroupUpdate.Delete _, GroupUpdate.Expire _, GroupUpdate.Purge _ -> false;
    };
  }

  /**
   * What a group becomes by a push that only brings other values for all the series that it has;
   * empty for any other update. Nothing can speak against such a push.
   */
  public Optional<GroupFrame> revalued(GroupUpdate update, Stamp stamp, GroupFrame old) {
    return switch (update) {
      case GroupUpdate.Replace(_, var body) -> revalued(update, body, stamp, old, true);
      case GroupUpdate.Merge(_, var body) -> revalued(update, body, stamp, old, false);
      case GroupUpdate.Revalue revalue -> revalued(revalue, stamp, old);
      case GroupUpdate.Restore _, GroupUpdate.Delete _, GroupUpdate.Expire _, GroupUpdate.Purge _ ->
          Optional.empty();
    };
  }

  private Optional<GroupFrame> revalued(GroupUpdate.Revalue update, Stamp stamp, GroupFrame old) {
    boolean fits =
        old.exists()
            && update.shape().equals(old.shape())
            && update.words().capacity() == old.words().capacity();
    return fits
        ? Optional.of(
            GroupStates.revalued(old, update.words(), update.extras(), stamp, update.replaces()))
        : Optional.empty();
  }

  private Optional<GroupFrame> revalued(
      GroupUpdate update, ParsedExposition body, Stamp stamp, GroupFrame old, boolean replaces) {
    if (body.timestamped() || !old.exists()) {
      return Optional.empty();
    }
    List<MetricFamily> pushed = GroupStates.families(GroupUpdater.effectOf(update, stamp));
    if (pushed.isEmpty() || !GroupShape.fingerprintOf(update.key(), pushed).equals(old.shape())) {
      return Optional.empty();
    }
    GroupFrame next =
        GroupStates.revalued(
            old, GroupStates.words(pushed, old.columnCount()), Extras.of(pushed), stamp, replaces);
    return table.obstacle(next).isPresent() ? Optional.empty() : Optional.of(next);
  }

  /** Makes a proposal of an update. Most of the work on a push is here, where no other waits. */
  public Proposal propose(GroupUpdate update, Stamp stamp, GroupFrame frame) {
    GroupState old = GroupStates.decode(update.key(), frame, shapes.shape(frame.shape()));
    GroupState next = isTimestamped(update) ? old : GroupUpdater.apply(old, update, stamp);
    return new Proposal(update, stamp, frame, old, next, GroupChange.of(old, frame, next));
  }

  /**
   * Makes ready what a proposal will need under the lock of shape changes. Called without it, and
   * closed without it.
   */
  PreparedTexts prepare(Proposal proposal, ReentrantLock shapeChanges) {
    return shapes.prepare(
        proposal.change().shape(),
        shapeChanges,
        () -> growth.obstacle(proposal.change(), false).isEmpty());
  }

  /** What would become of an update. Called under the lock of its group; changes nothing. */
  Rehearsal rehearse(
      GroupUpdate update, long wallMillis, GroupFrame frame, ReentrantLock shapeChanges) {
    Proposal proposal = propose(update, new Stamp(NEWEST, wallMillis), frame);
    Submission answer;
    shapeChanges.lock();
    try {
      answer = judge(proposal).answer();
    } finally {
      shapeChanges.unlock();
    }
    return new Rehearsal(
        answer,
        frame.columnCount(),
        proposal.change().nextFrame().columnCount(),
        GroupOutline.of(proposal.old(), proposal.next(), NEWEST),
        "");
  }

  /** Decides on a proposal. Called under both locks. */
  public Decision judge(Proposal proposal) {
    return switch (proposal.update()) {
      case GroupUpdate.Replace _, GroupUpdate.Merge _ -> judgePush(proposal);
      case GroupUpdate.Restore restore ->
          isTimestamped(restore) || restore.isLaterThan(proposal.old())
              ? judgePush(proposal)
              : new Decision.Nothing(new Submission.Outdated(restore.key()));
      case GroupUpdate.Revalue(var key, _, _, _, _) ->
          new Decision.Nothing(new Submission.Outdated(key));
      case GroupUpdate.Delete _ -> judgeDelete(proposal);
      case GroupUpdate.Expire expire -> judgeVerdict(proposal, expire.concerns(proposal.old()));
      case GroupUpdate.Purge purge -> judgeVerdict(proposal, purge.concerns(proposal.old()));
    };
  }

  /**
   * What becomes of an update that something speaks against: a push leaves the mark of a failure on
   * its group, a restore leaves none, since nobody pushed. Called under both locks.
   */
  public Decision refuse(Proposal proposal, Obstacle obstacle) {
    Submission answer = obstacle.submission(proposal.update().key());
    if (proposal.update() instanceof GroupUpdate.Restore || !mayBeMarked(proposal, obstacle)) {
      return new Decision.Nothing(answer);
    }
    GroupState marked = GroupUpdater.markFailure(proposal.old(), proposal.stamp());
    return new Decision.Change(GroupChange.of(proposal.old(), proposal.frame(), marked), answer);
  }

  private boolean mayBeMarked(Proposal proposal, Obstacle obstacle) {
    return proposal.frame().exists()
        || (obstacle instanceof Obstacle.Conflict
            && check.mayExist(proposal.update().key())
            && growth.newEntry(proposal.update().key(), proposal.frame()).isEmpty());
  }

  private Decision judgePush(Proposal proposal) {
    Optional<Obstacle> conflict = conflict(proposal);
    if (conflict.isPresent()) {
      return refuse(proposal, conflict.get());
    }
    GroupChange change = proposal.change();
    Optional<Obstacle> obstacle =
        growth
            .obstacle(change, shapes.knows(change.shape().fingerprint()))
            .or(() -> table.obstacle(change.nextFrame()));
    return obstacle.isPresent()
        ? refuse(proposal, obstacle.get())
        : new Decision.Change(change, new Submission.Accepted());
  }

  private Optional<Obstacle> conflict(Proposal proposal) {
    if (isTimestamped(proposal.update())) {
      return Optional.of(TIMESTAMPED);
    }
    GroupState old = proposal.old();
    GroupState next = proposal.next();
    if (old.exists() && GroupDifference.between(old, next).keepsShape()) {
      return Optional.empty();
    }
    Verdict verdict = checked ? check.judge(old, next) : check.judgeStorable(old, next);
    return verdict.isAccepted()
        ? Optional.empty()
        : Optional.of(new Obstacle.Conflict(verdict.reason()));
  }

  /**
   * The history of a deleted group stays until it is too old, and the group's entry as long. A
   * single node needs no tombstone besides, since it gives whatever is pushed from now on a newer
   * version than all that went; a replica may still have the group where this node has none.
   */
  private Decision judgeDelete(Proposal proposal) {
    var accepted = new Submission.Accepted();
    if (!proposal.old().exists()) {
      if (!tombstones.areKept()) {
        return new Decision.Nothing(accepted);
      }
      Optional<Obstacle> obstacle = growth.newEntry(proposal.update().key(), proposal.frame());
      if (obstacle.isPresent()) {
        return new Decision.Nothing(obstacle.get().submission(proposal.update().key()));
      }
    }
    return new Decision.Change(proposal.change(), accepted);
  }

  /** Of a staleness rule, which counts only if the group is still as the rule saw it. */
  private static Decision judgeVerdict(Proposal proposal, boolean concerns) {
    return concerns
        ? new Decision.Change(proposal.change(), new Submission.Accepted())
        : new Decision.Nothing(new Submission.Outdated(proposal.update().key()));
  }

  private static boolean isTimestamped(GroupUpdate update) {
    return switch (update) {
      case GroupUpdate.Replace(_, var body) -> body.timestamped();
      case GroupUpdate.Merge(_, var body) -> body.timestamped();
      case GroupUpdate.Restore restore -> restore.body().timestamped();
      case GroupUpdate.Revalue _, GroupUpdate.Delete _, GroupUpdate.Expire _, GroupUpdate.Purge _ ->
          false;
    };
  }
}
