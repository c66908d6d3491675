package io.silverback.codec.row;

import io.silverback.codec.bytes.FrameInput;

/**
 * Where the entries of a table of an encoded shape begin, which are of any length.
 *
 * <p>Of a large table it knows only one in several, and passes over those between, so that it stays
 * small whatever the shape is. Going through a table in its order is as fast as ever. Not
 * thread-safe.
 */
final class TablePositions {
  private static final int MOST_KNOWN = 1024;

  private final FrameInput in;
  private final Runnable skipEntry;
  private final int count;
  private final int entriesPerKnown;
  private final int[] known;
  private int lastIndex;
  private int lastPosition;

  /**
   * The positions of a table, which is walked through once.
   *
   * @param in after the number of entries
   * @param end where the table has to end
   * @param skipEntry passes over one entry
   */
  TablePositions(FrameInput in, int count, int end, Runnable skipEntry) {
    this.in = in;
    this.skipEntry = skipEntry;
    this.count = count;
    this.entriesPerKnown = 1 + count / MOST_KNOWN;
    this.known = new int[(count + entriesPerKnown - 1) / entriesPerKnown];
    this.lastPosition = in.position();
    for (int i = 0; i < count; i++) {
      if (i % entriesPerKnown == 0) {
        known[i / entriesPerKnown] = in.position();
      }
      skipEntry.run();
    }
    if (in.position() != end) {
      throw in.fault("a table does not end where it should");
    }
  }

  int count() {
    return count;
  }

  /** Where an entry begins. */
  int of(long index) {
    if (index < 0 || index >= count) {
      throw in.fault("no such entry");
    }
    int target = (int) index;
    int nearest = target / entriesPerKnown * entriesPerKnown;
    boolean continues = lastIndex <= target && lastIndex >= nearest;
    in.position(continues ? lastPosition : known[target / entriesPerKnown]);
    for (int i = continues ? lastIndex : nearest; i < target; i++) {
      skipEntry.run();
    }
    lastIndex = target;
    lastPosition = in.position();
    return lastPosition;
  }
}
