package io.silverback.server.group;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.agrona.DirectBuffer;

/** What a client, or a staleness rule, wants done to one group. */
public sealed interface GroupUpdate {

  GroupingKey key();

  /** PUT: the group's families become those of the body. */
  record Replace(GroupingKey key, ParsedExposition body) implements GroupUpdate {}

  /** POST: families of the body replace those of the same name, the others stay. */
  record Merge(GroupingKey key, ParsedExposition body) implements GroupUpdate {}

  /**
   * A PUT or a POST of other values for all series that the group has. Does nothing if the group
   * has others by now.
   *
   * @param replaces true for a PUT
   * @param shape that the group has to have
   * @param words the columns of that shape, little-endian words, which nobody writes to any more
   * @param extras of the metrics of that shape
   */
  record Revalue(
      GroupingKey key, boolean replaces, Fingerprint shape, DirectBuffer words, Extras extras)
      implements GroupUpdate {}

  /** DELETE: the group goes, with its push times. */
  record Delete(GroupingKey key) implements GroupUpdate {}

  /**
   * A staleness rule takes the group's families; its name and push times stay.
   *
   * @param lastPush the last push when the rule was asked; after another one nothing is done
   * @param keepsPushTime whether the time of the last push stays exposed
   */
  record Expire(GroupingKey key, Version lastPush, boolean keepsPushTime) implements GroupUpdate {
    /** True if a group that is as the state says is still the one that was judged. */
    public boolean concerns(GroupState stored) {
      GroupBounds bounds = stored.bounds();
      return bounds.exists() && !bounds.isStale() && isOf(lastPush, bounds.lastPush());
    }
  }

  /**
   * A staleness rule takes what is left of a group that has expired.
   *
   * @param expiredAt when it did; after another push nothing is done
   */
  record Purge(GroupingKey key, Version expiredAt) implements GroupUpdate {
    /** True if a group that is as the state says is still the one that was judged. */
    public boolean concerns(GroupState stored) {
      return stored.bounds().isStale() && isOf(expiredAt, stored.bounds().expiry().at());
    }
  }

  private static boolean isOf(Version version, Stamp stamp) {
    return stamp.version().equals(version);
  }

  /**
   * The group becomes what it was elsewhere, with the times of what happened to it there. All times
   * are in milliseconds since the epoch.
   *
   * @param pushMillis of the last push that was taken, 0 for none
   * @param failureMillis of the last push that was refused, 0 for none
   * @param familyMillis by name, of the push that wrote the family, if not the last one
   */
  record Restore(
      GroupingKey key,
      ParsedExposition body,
      long pushMillis,
      long failureMillis,
      Map<String, Long> familyMillis)
      implements GroupUpdate {
    public Restore {
      if (pushMillis <= 0 && failureMillis <= 0) {
        throw new IllegalArgumentException("the group was never pushed to: key=" + key);
      }
      familyMillis = Collections.unmodifiableMap(new HashMap<>(familyMillis));
    }

    /** When something last happened to the families of the group. */
    public long lastMillis() {
      return pushMillis > 0 ? pushMillis : failureMillis;
    }

    /** True if a group that is as the state says has missed what would be restored. */
    public boolean isLaterThan(GroupState stored) {
      GroupBounds bounds = stored.bounds();
      return !bounds.exists()
          || pushMillis > bounds.pushMillis()
          || (pushMillis == bounds.pushMillis() && failureMillis > bounds.failureMillis());
    }
  }
}
