package io.silverback.server.gzip;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Pieces of the last pages, deflated, as many as there is memory for. Thread-safe.
 *
 * <p>Pages come again and again from their beginnings, so taking away what was not used for longest
 * would take each piece away just before its turn. What was used a short time ago stays instead,
 * and where that is all, nothing more is kept.
 */
public final class SegmentCache {
  /** The longest that a collector usually takes from one scrape to the next. */
  private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static final long MOST_IDLE_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** A key, an entry of the table and the heads of three objects, about. */
  private static final int BYTES_BESIDE = 192;

  private final long mostBytes;
  private final LongSupplier nanoClock;
  private final SequencedMap<SegmentKey, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long takenBytes;
  private long found;
  private long missed;

  /**
   * Keeps nothing yet.
   *
   * @param mostBytes of heap; 0 to keep nothing ever
   */
  public SegmentCache(long mostBytes) {
    this(mostBytes, System::nanoTime);
  }

  SegmentCache(long mostBytes, LongSupplier nanoClock) {
    this.mostBytes = mostBytes;
    this.nanoClock = nanoClock;
  }

  private static final class Kept {
    private final Segment segment;
    private long usedNanos;

    private Kept(Segment segment, long usedNanos) {
      this.segment = segment;
      this.usedNanos = usedNanos;
    }

    private long bytes() {
      return (long) BYTES_BESIDE + segment.deflated().length;
    }
  }

  /** About how many bytes of heap it takes. */
  public synchronized long takenBytes() {
    return takenBytes;
  }

  /** How many pieces of pages were there. */
  public synchronized long found() {
    return found;
  }

  /** How many pieces of pages had to be deflated. */
  public synchronized long missed() {
    return missed;
  }

  boolean keepsAny() {
    return mostBytes > 0;
  }

  synchronized Optional<Segment> find(SegmentKey key) {
    Kept known = kept.get(key);
    if (known == null) {
      missed++;
      return Optional.empty();
    }
    found++;
    known.usedNanos = nanoClock.getAsLong();
    return Optional.of(known.segment);
  }

  synchronized void put(SegmentKey key, Segment segment) {
    long now = nanoClock.getAsLong();
    var added = new Kept(segment, now);
    if (kept.containsKey(key) || added.bytes() > mostBytes) {
      return;
    }
    drop(now - FRESH_NANOS, mostBytes - added.bytes());
    if (takenBytes + added.bytes() <= mostBytes) {
      kept.put(key, added);
      takenBytes += added.bytes();
    }
  }

  /** Forgets what no page used for a long time. */
  synchronized void dropIdle() {
    drop(nanoClock.getAsLong() - MOST_IDLE_NANOS, -1);
  }

  /** Drops what was not used since some time, the oldest first, until no more than that is left. */
  private void drop(long sinceNanos, long leftBytes) {
    Iterator<Kept> oldest = kept.sequencedValues().iterator();
    while (takenBytes > leftBytes && oldest.hasNext()) {
      Kept next = oldest.next();
      if (next.usedNanos - sinceNanos >= 0) {
        return;
      }
      oldest.remove();
      takenBytes -= next.bytes();
    }
  }
}
