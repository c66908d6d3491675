package io.silverback.server.group;

import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many groups hold a family of some name and type: one row of {@link Tallies} for each name,
 * with a counter for each type. Families without metrics do not count, since nobody ever sees them.
 * Not thread-safe.
 */
final class FamilyIndex {
  private static final MetricType[] TYPES = MetricType.values();

  private final Tallies tallies;
  private final TallyKeys keys;
  private final int[] row = new int[Tallies.SLOTS];

  FamilyIndex(Tallies tallies, TallyKeys keys) {
    this.tallies = tallies;
    this.keys = keys;
  }

  /** Counts what went and came; a family that was only written again costs nothing. */
  void replace(GroupState old, GroupState next, GroupDifference difference) {
    for (VersionedFamily gone : difference.gone()) {
      if (counts(gone) && !isSame(gone, next.families().get(gone.family().name()))) {
        add(gone, -1);
      }
    }
    for (VersionedFamily written : difference.written()) {
      if (counts(written) && !isSame(written, old.families().get(written.family().name()))) {
        add(written, 1);
      }
    }
  }

  /**
   * The types, in a set of the caller's own, under which other groups hold a family of that name.
   */
  Set<MetricType> heldByOthers(String name, GroupState except) {
    Set<MetricType> types = EnumSet.noneOf(MetricType.class);
    if (!tallies.read(keys.family(name), row)) {
      return types;
    }
    VersionedFamily own = except.families().get(name);
    for (MetricType type : TYPES) {
      boolean mine = own != null && counts(own) && own.family().type() == type;
      if (row[slotOf(type)] > (mine ? 1 : 0)) {
        types.add(type);
      }
    }
    return types;
  }

  static boolean counts(VersionedFamily family) {
    return !family.family().metrics().isEmpty();
  }

  private static boolean isSame(VersionedFamily family, @Nullable VersionedFamily other) {
    return other != null && counts(other) && other.family().type() == family.family().type();
  }

  /** Counts one more group that holds a family of that name and type. */
  void count(String name, MetricType type) {
    tallies.add(keys.family(name), slotOf(type), 1);
  }

  private void add(VersionedFamily family, int delta) {
    tallies.add(keys.family(family.family().name()), slotOf(family.family().type()), delta);
  }

  private static int slotOf(MetricType type) {
    return switch (type) {
      case COUNTER -> 0;
      case GAUGE -> 1;
      case SUMMARY -> 2;
      case UNTYPED -> 3;
      case HISTOGRAM -> 4;
      case GAUGE_HISTOGRAM -> 5;
    };
  }
}
