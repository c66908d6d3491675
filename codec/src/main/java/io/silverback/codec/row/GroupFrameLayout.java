package io.silverback.codec.row;

/** Where the fields of a frame stand: {@code docs/formats/group-frame.md}. */
final class GroupFrameLayout {
  static final int FORMAT = 'G';
  static final int VERSION = 2;

  /** The oldest one that is read: it knows neither flags nor a rhythm. */
  static final int OLDEST_VERSION = 1;

  static final int FORMAT_OFFSET = 0;
  static final int VERSION_OFFSET = FORMAT_OFFSET + Byte.BYTES;
  static final int DELETED_OFFSET = VERSION_OFFSET + Byte.BYTES;
  static final int REPLACED_OFFSET = DELETED_OFFSET + Byte.BYTES;
  static final int EXPIRED_OFFSET = REPLACED_OFFSET + Byte.BYTES;
  static final int PUSH_OFFSET = EXPIRED_OFFSET + Byte.BYTES;
  static final int FAILURE_OFFSET = PUSH_OFFSET + Byte.BYTES;
  static final int SHAPE_OFFSET = FAILURE_OFFSET + Byte.BYTES;
  static final int COLUMN_COUNT_OFFSET = SHAPE_OFFSET + 2 * Long.BYTES;
  static final int FAMILY_STAMP_COUNT_OFFSET = COLUMN_COUNT_OFFSET + Integer.BYTES;
  static final int STAMP_COUNT_OFFSET = FAMILY_STAMP_COUNT_OFFSET + Integer.BYTES;
  static final int FLAGS_OFFSET = STAMP_COUNT_OFFSET + Integer.BYTES;
  static final int RHYTHM_PUSHES_OFFSET = FLAGS_OFFSET + Byte.BYTES;
  static final int RHYTHM_INTERVAL_OFFSET = RHYTHM_PUSHES_OFFSET + Byte.BYTES;
  static final int RHYTHM_DEVIATION_OFFSET = RHYTHM_INTERVAL_OFFSET + Integer.BYTES;
  static final int STAMPS_OFFSET = RHYTHM_DEVIATION_OFFSET + Integer.BYTES;

  /** Where the stamps stand in the oldest version. */
  static final int OLDEST_STAMPS_OFFSET = FLAGS_OFFSET;

  /** The group is stale, and yet the time of its last push stays exposed. */
  static final int KEEPS_PUSH_TIME_FLAG = 0x01;

  static final int STAMP_EPOCH_OFFSET = 0;
  static final int STAMP_CLOCK_OFFSET = STAMP_EPOCH_OFFSET + Long.BYTES;
  static final int STAMP_INCARNATION_OFFSET = STAMP_CLOCK_OFFSET + Long.BYTES;
  static final int STAMP_WALL_OFFSET = STAMP_INCARNATION_OFFSET + Long.BYTES;
  static final int STAMP_LENGTH = STAMP_WALL_OFFSET + Long.BYTES;

  /** The index of a stamp that is not in the table; the others count from the next on. */
  static final int NEVER = 0;

  private GroupFrameLayout() {}
}
