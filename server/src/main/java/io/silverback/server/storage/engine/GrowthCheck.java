package io.silverback.server.storage.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.row.GroupFrame;
import io.silverback.server.group.GroupDifference;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.LimitUse;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.StorageLimits;
import java.util.List;
import java.util.Optional;

/**
 * Whether a push may make the store larger.
 *
 * <p>A push that adds nothing passes, however far above a limit the store is since an operator
 * lowered it. Thread-safe, but a verdict holds only for as long as the caller keeps others from
 * storing.
 */
public final class GrowthCheck {
  private static final int MAX_BYTES_OF_A_UNIT = 3;

  private final StorageLimits limits;
  private final Holdings holdings;
  private final Tombstones tombstones;
  private final MemoryBudget memory;

  GrowthCheck(StorageLimits limits, Holdings holdings, Tombstones tombstones, MemoryBudget memory) {
    this.limits = limits;
    this.holdings = holdings;
    this.tombstones = tombstones;
    this.memory = memory;
  }

  /**
   * What speaks against a push that does this to a group.
   *
   * @param knowsShape true if the shape that the group would get is stored already
   */
  Optional<Obstacle> obstacle(GroupChange change, boolean knowsShape) {
    boolean isNew = !change.old().exists();
    return longText(change)
        .or(() -> wideGroup(change))
        .or(() -> isNew ? oneMoreGroup(change.oldFrame()) : Optional.empty())
        .or(() -> manySeries(change))
        .or(() -> memoryObstacle(change, knowsShape));
  }

  /** The same for what has to be taken as long as there is memory, as it was judged elsewhere. */
  public Optional<Obstacle> memoryObstacle(GroupChange change, boolean knowsShape) {
    boolean isNew = !change.old().exists() && change.next().exists();
    // Fewer series cannot come again and again, and other ones in their place could.
    boolean takesRoom = isNew || change.growth() > 0 || (change.growth() == 0 && !knowsShape);
    return takesRoom ? fullMemory(change.nextFrame().lengthBytes()) : Optional.empty();
  }

  /** What keeps a group that does not exist from having an entry, without series. */
  Optional<Obstacle> newEntry(GroupingKey key, GroupFrame old) {
    return longText(key.labels()).or(() -> oneMoreGroup(old)).or(() -> fullMemory(0));
  }

  /** How full the limits are; those that each group is measured by alone have no use. */
  List<LimitUse> uses() {
    return List.of(
        new LimitUse(Limit.MEMORY.flag(), memory.usedBytes(), limits.memoryBytes()),
        new LimitUse(
            Limit.GROUPS.flag(), holdings.groups() + tombstones.counted(), limits.groups()),
        new LimitUse(Limit.SERIES.flag(), holdings.series(), limits.series()),
        new LimitUse(Limit.SERIES_PER_GROUP.flag(), 0, limits.seriesPerGroup()),
        new LimitUse(Limit.LABEL_LENGTH.flag(), 0, limits.labelBytes()));
  }

  private Optional<Obstacle> longText(GroupChange change) {
    if (limits.labelBytes() == 0) {
      return Optional.empty();
    }
    Optional<Obstacle> found =
        change.old().exists() ? Optional.empty() : longText(change.next().key().labels());
    for (VersionedFamily written : GroupDifference.between(change.old(), change.next()).written()) {
      found = found.or(() -> longText(written.family().name()));
      for (Metric metric : written.family().metrics()) {
        found = found.or(() -> longText(metric.labels()));
      }
    }
    return found;
  }

  private Optional<Obstacle> longText(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      String value = labels.value(i);
      Optional<Obstacle> found = longText(labels.name(i)).or(() -> longText(value));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<Obstacle> longText(String text) {
    long most = limits.labelBytes();
    if (most == 0 || text.length() <= most / MAX_BYTES_OF_A_UNIT) {
      return Optional.empty();
    }
    long length = text.getBytes(UTF_8).length;
    return length <= most
        ? Optional.empty()
        : tooMuch(
            Limit.LABEL_LENGTH,
            "the name of a metric, or a name or value of a label, is too long, shorten it",
            "length=" + length + " limit=" + most);
  }

  private Optional<Obstacle> wideGroup(GroupChange change) {
    int series = change.nextFrame().columnCount();
    return limits.seriesPerGroup() == 0 || series <= limits.seriesPerGroup() || change.growth() <= 0
        ? Optional.empty()
        : tooMuch(
            Limit.SERIES_PER_GROUP,
            "the group would have too many series, push it as several groups",
            "series=" + series + " limit=" + limits.seriesPerGroup());
  }

  /** A group that was deleted has its place as long as it is remembered. */
  private Optional<Obstacle> oneMoreGroup(GroupFrame old) {
    boolean hasPlace = tombstones.areKept() && Tombstones.isOne(old);
    long groups = holdings.groups() + tombstones.counted() + (hasPlace ? 0 : 1);
    return limits.groups() == 0 || groups <= limits.groups()
        ? Optional.empty()
        : tooMuch(
            Limit.GROUPS,
            "there would be too many groups, delete some",
            "groups=" + groups + " limit=" + limits.groups());
  }

  private Optional<Obstacle> manySeries(GroupChange change) {
    long series = holdings.series() + change.growth();
    return limits.series() == 0 || series <= limits.series() || change.growth() <= 0
        ? Optional.empty()
        : tooMuch(
            Limit.SERIES,
            "there would be too many series, delete some groups",
            "series=" + series + " limit=" + limits.series());
  }

  private Optional<Obstacle> fullMemory(long moreBytes) {
    return memory.hasRoomFor(moreBytes)
        ? Optional.empty()
        : tooMuch(
            Limit.MEMORY,
            "memory is full and only series that are there already are taken, delete some groups",
            "used=" + memory.usedBytes() + " limit=" + memory.limitBytes());
  }

  private static Optional<Obstacle> tooMuch(Limit limit, String sentence, String figures) {
    return Optional.of(
        new Obstacle.TooMuch(limit, sentence + " or raise --" + limit.flag() + ": " + figures));
  }
}
