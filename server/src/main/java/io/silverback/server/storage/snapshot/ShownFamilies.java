package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.GroupState;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which families a snapshot shows of a group, where that is not all of them: those of certain
 * versions. A push time is shown if the push has such a version. Not thread-safe.
 */
final class ShownFamilies {
  private final GroupRows rows;
  private final Predicate<Version> versions;
  private final UnsafeBuffer left = new UnsafeBuffer();
  private final UnsafeBuffer right = new UnsafeBuffer();

  ShownFamilies(GroupRows rows, Predicate<Version> versions) {
    this.rows = rows;
    this.versions = versions;
  }

  boolean shows(Stamp stamp) {
    return versions.test(stamp.version());
  }

  /** The bounds without the pushes that are not shown. */
  GroupBounds bounds(GroupBounds all) {
    return new GroupBounds(
        all.deletedAt(),
        all.replacedAt(),
        all.expiry(),
        shows(all.push()) ? all.push() : Stamp.NEVER,
        shows(all.failure()) ? all.failure() : Stamp.NEVER,
        all.rhythm());
  }

  GroupState state(GroupState all) {
    var families = new TreeMap<>(all.families());
    families.values().removeIf(family -> !shows(family.written()));
    return new GroupState(all.key(), bounds(all.bounds()), families);
  }

  /** True if the group shows the family that has that place in its shape. */
  boolean shows(int row, int place) {
    return rows.read(
        () -> {
          rows.frame(row, left);
          return left.capacity() > 0 && new Stamps(left).shows(place);
        });
  }

  /** 0 for two groups of one shape of which the same families are shown. */
  int compare(int leftRow, int rightRow) {
    return rows.readInt(
        () -> {
          rows.frame(leftRow, left);
          rows.frame(rightRow, right);
          if (left.capacity() == 0 || right.capacity() == 0) {
            return Integer.compare(left.capacity(), right.capacity());
          }
          return new Stamps(left).compareTo(new Stamps(right));
        });
  }

  /** Whether each family of a frame is shown, one after the other. */
  private final class Stamps {
    private final GroupFrameReader frame;
    private final boolean ofPush;
    private final int count;
    private int at;

    private Stamps(UnsafeBuffer bytes) {
      frame = new GroupFrameReader(bytes, 0, bytes.capacity());
      ofPush = shows(frame.push());
      count = frame.familyStampCount();
      at = frame.firstFamilyStamp();
    }

    /** Where the push wrote all families, any place is one of them. */
    private boolean next() {
      if (count == 0) {
        return ofPush;
      }
      boolean shown = shows(frame.familyStamp(at));
      at = frame.nextFamilyStamp(at);
      return shown;
    }

    private boolean shows(int place) {
      for (int i = 0; i < place && count > 0; i++) {
        next();
      }
      return next();
    }

    private boolean shows(Stamp stamp) {
      return ShownFamilies.this.shows(stamp);
    }

    private int compareTo(Stamps other) {
      int order = 0;
      for (int i = 0; i < Math.max(1, Math.max(count, other.count)) && order == 0; i++) {
        order = Boolean.compare(next(), other.next());
      }
      return order;
    }
  }
}
