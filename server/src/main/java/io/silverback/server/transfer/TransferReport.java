package io.silverback.server.transfer;

import io.silverback.codec.model.GroupingKey;
import java.util.ArrayList;
import java.util.List;

/** What became of the groups of a transfer. Not thread-safe. */
final class TransferReport {
  private static final int MOST_REASONS = 20;

  private final Direction direction;
  private final List<String> reasons = new ArrayList<>();
  private long moved;
  private long skipped;
  private long refused;
  private boolean hasBegun;

  TransferReport(Direction direction) {
    this.direction = direction;
  }

  /** Says that there is something to report, if only that there were no groups. */
  void begin() {
    hasBegun = true;
  }

  boolean hasBegun() {
    return hasBegun;
  }

  void moved() {
    moved++;
  }

  void skipped() {
    skipped++;
  }

  void refused(GroupingKey group, String reason) {
    refused++;
    if (reasons.size() < MOST_REASONS) {
      reasons.add("refused " + group + ": " + reason);
    }
  }

  boolean isComplete() {
    return refused == 0;
  }

  /** The reasons of those refused, up to a number. */
  List<String> reasons() {
    return List.copyOf(reasons);
  }

  /** All counts in one line. */
  String summary() {
    return switch (direction) {
      case IMPORT ->
          "groups imported=%d skipped=%d refused=%d (skipped: as new or newer in the target)"
              .formatted(moved, skipped, refused);
      case EXPORT ->
          "groups exported=%d skipped=%d refused=%d (skipped: had only refused pushes; push times are those of the export)"
              .formatted(moved, skipped, refused);
    };
  }
}
