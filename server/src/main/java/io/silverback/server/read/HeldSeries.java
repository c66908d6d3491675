package io.silverback.server.read;

import io.silverback.codec.gorilla.PrometheusXorChunkReader;
import io.silverback.codec.gorilla.PrometheusXorChunkWriter;
import io.silverback.codec.model.Labels;
import io.silverback.codec.remoteread.SeriesMessages;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import io.silverback.server.storage.pages.SampleTable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one query found, compressed and outside of the heap: in the order of the groups as it comes,
 * and in the order of the labels once {@link #sort} was called. Belongs to one thread.
 *
 * <p>All of it is here before the first byte of an answer is sent. Prometheus needs the order, and
 * takes an answer that breaks off for a failure of its user's whole query, one that never begins
 * only for a warning.
 */
public final class HeldSeries implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A series is one record in one of some segments: the lengths of its parts, its labels as they are
   * sent, and its chunks, each with the times of its first and last sample. A record gets the room
   * that it could take at most, and leaves to the next one what it did not need.
   */

  /** As many as Prometheus puts into one. */
  private static final int CHUNK_SAMPLES = 120;

  /**
   * What a sample takes at most: 68 bits for its time and 77 for its value, or less as the first.
   */
  private static final int MOST_SAMPLE_LENGTH = 20;

  private static final int FIRST_SEGMENT_LENGTH = 64 << 10;
  private static final int MOST_SEGMENT_LENGTH = 1 << 20;

  private static final int LABELS_LENGTH_OFFSET = 0;
  private static final int CHUNKS_OFFSET = Integer.BYTES;
  private static final int SAMPLES_LENGTH_OFFSET = 2 * Integer.BYTES;
  private static final int LABELS_OFFSET = SAMPLES_LENGTH_OFFSET + Long.BYTES;

  private static final int MIN_OFFSET = 0;
  private static final int MAX_OFFSET = Long.BYTES;
  private static final int DATA_LENGTH_OFFSET = 2 * Long.BYTES;
  private static final int DATA_OFFSET = DATA_LENGTH_OFFSET + Integer.BYTES;

  /** What the place of a record takes while records are sorted, about. */
  private static final int PLACE_LENGTH = 64;

  private static final int PLACES_AT_ONCE = 1024;

  private static final Samples NO_SAMPLES =
      new Samples() {
        @Override
        public int size() {
          return 0;
        }

        @Override
        public long timeMillis(int index) {
          throw new IndexOutOfBoundsException(index);
        }

        @Override
        public double value(int index) {
          throw new IndexOutOfBoundsException(index);
        }
      };

  private final QueryBudget budget;
  private final Labels externalLabels;
  private final Arena arena = Arena.ofConfined();
  private final List<UnsafeBuffer> segments = new ArrayList<>();
  private final LongArrayList places = new LongArrayList();
  private final PrometheusXorChunkWriter writer = new PrometheusXorChunkWriter();
  private int used;
  private int segmentLength = FIRST_SEGMENT_LENGTH / 2;
  private int paidPlaces;
  private int mostSamples;

  /**
   * Holds nothing yet.
   *
   * @param budget of what is held
   * @param externalLabels labels that each series gets that does not have them
   */
  public HeldSeries(QueryBudget budget, Labels externalLabels) {
    this.budget = budget;
    this.externalLabels = externalLabels;
  }

  /** Adds a series that goes before all those with a later name. */
  void addByName(String name, Labels labels, Samples samples) throws IOException {
    add(LabelBytes.nameFirst(name, labels, externalLabels), samples);
  }

  /** Adds a series with its samples. */
  public void add(String name, Labels labels, Samples samples) throws IOException {
    add(LabelBytes.of(name, labels, externalLabels), samples);
  }

  /** Adds a series of which the labels are enough. */
  public void addLabels(String name, Labels labels) throws IOException {
    add(name, labels, NO_SAMPLES);
  }

  private void add(byte[] labels, Samples samples) throws IOException {
    int chunks = (samples.size() + CHUNK_SAMPLES - 1) / CHUNK_SAMPLES;
    long most =
        LABELS_OFFSET
            + labels.length
            + (long) chunks * (DATA_OFFSET + MOST_SAMPLE_LENGTH)
            + (long) samples.size() * MOST_SAMPLE_LENGTH;
    UnsafeBuffer segment = segmentFor(most);
    int start = used;
    segment.putInt(start + LABELS_LENGTH_OFFSET, labels.length);
    segment.putInt(start + CHUNKS_OFFSET, chunks);
    segment.putBytes(start + LABELS_OFFSET, labels);
    int at = start + LABELS_OFFSET + labels.length;
    long samplesLength = 0;
    for (int from = 0; from < samples.size(); from += CHUNK_SAMPLES) {
      int to = Math.min(samples.size(), from + CHUNK_SAMPLES);
      int room = MOST_SAMPLE_LENGTH * (to - from + 1);
      writer.wrap(segment, at + DATA_OFFSET, room);
      for (int i = from; i < to; i++) {
        long timeMillis = samples.timeMillis(i);
        long valueBits = Double.doubleToRawLongBits(samples.value(i));
        if (!writer.append(timeMillis, valueBits)) {
          throw new IllegalStateException("no room for a sample: length=" + room);
        }
        samplesLength += SeriesMessages.sampleLength(timeMillis, valueBits);
      }
      int length = writer.flush();
      segment.putLong(at + MIN_OFFSET, samples.timeMillis(from));
      segment.putLong(at + MAX_OFFSET, samples.timeMillis(to - 1));
      segment.putInt(at + DATA_LENGTH_OFFSET, length);
      at += DATA_OFFSET + length;
    }
    segment.putLong(start + SAMPLES_LENGTH_OFFSET, samplesLength);
    used = at;
    mostSamples = Math.max(mostSamples, samples.size());
    places.addLong(place(segments.size() - 1, start));
  }

  /** Room for a record in the last segment, which may be a new one. */
  private UnsafeBuffer segmentFor(long most) throws IOException {
    if (places.size() == paidPlaces) {
      budget.take((long) PLACE_LENGTH * PLACES_AT_ONCE);
      paidPlaces += PLACES_AT_ONCE;
    }
    if (segments.isEmpty() || segments.getLast().capacity() - used < most) {
      segmentLength = Math.min(MOST_SEGMENT_LENGTH, 2 * segmentLength);
      long wanted = Math.max(segmentLength, most);
      budget.take(wanted);
      int length = Math.toIntExact(wanted);
      segments.add(new UnsafeBuffer(arena.allocate(length).address(), length));
      used = 0;
    }
    return segments.getLast();
  }

  /**
   * Puts the series into Prometheus' order, and makes one of those with the same labels: groups can
   * have such series one after the other, or at once if pushes are not checked.
   */
  public void sort() throws IOException {
    Long[] sorted = new Long[places.size()];
    Arrays.setAll(sorted, places::getLong);
    Arrays.sort(sorted, this::compare);
    places.clear();
    int from = 0;
    while (from < sorted.length) {
      int to = from + 1;
      while (to < sorted.length && compare(sorted[from], sorted[to]) == 0) {
        to++;
      }
      if (to == from + 1) {
        places.addLong(sorted[from]);
      } else {
        unite(Arrays.copyOfRange(sorted, from, to));
      }
      from = to;
      budget.goOn();
    }
  }

  private void unite(Long[] equal) throws IOException {
    long size = 0;
    for (long place : equal) {
      size += record(place).sampleCount();
    }
    try (var table = new SampleTable(budget)) {
      table.start(1, Math.toIntExact(size));
      for (long place : equal) {
        record(place)
            .readSamples(
                (timeMillis, valueBits) ->
                    table.add(0, timeMillis, Double.longBitsToDouble(valueBits)));
      }
      add(record(equal[0]).labels(), table.of(0));
    }
  }

  private int compare(long left, long right) {
    UnsafeBuffer segment = segments.get(segmentOf(left));
    UnsafeBuffer other = segments.get(segmentOf(right));
    return LabelBytes.compare(
        segment,
        offsetOf(left) + LABELS_OFFSET,
        segment.getInt(offsetOf(left) + LABELS_LENGTH_OFFSET),
        other,
        offsetOf(right) + LABELS_OFFSET,
        other.getInt(offsetOf(right) + LABELS_LENGTH_OFFSET));
  }

  /** How many series there are. */
  public int size() {
    return places.size();
  }

  /** How many samples none of the series has more of. */
  public int mostSamples() {
    return mostSamples;
  }

  /** The labels of the series of a number, its name among them. */
  public List<Map.Entry<String, String>> labels(int number) {
    return record(number).pairs();
  }

  /** Hands over the samples of the series of a number, in the order of their times. */
  public void readSamples(int number, SampleSink sink) {
    record(number).readSamples(sink);
  }

  /** The series of a number. */
  Series record(int number) {
    return record(places.getLong(number));
  }

  private Series record(long place) {
    return new Series(segments.get(segmentOf(place)), offsetOf(place));
  }

  private static long place(int segment, int offset) {
    return (long) segment << Integer.SIZE | offset;
  }

  private static int segmentOf(long place) {
    return (int) (place >>> Integer.SIZE);
  }

  private static int offsetOf(long place) {
    return (int) place;
  }

  @Override
  public void close() {
    arena.close();
  }

  /** Takes the samples of a series. */
  @FunctionalInterface
  public interface SampleSink {
    /**
     * Takes one.
     *
     * @param valueBits of the value, as NaNs differ in them
     */
    void sample(long timeMillis, long valueBits);
  }

  /** Takes the chunks of a series. */
  @FunctionalInterface
  interface ChunkSink {
    void chunk(long minMillis, long maxMillis, byte[] data);
  }

  /** One series. */
  record Series(UnsafeBuffer segment, int offset) {
    byte[] labels() {
      return bytes(offset + LABELS_OFFSET, segment.getInt(offset + LABELS_LENGTH_OFFSET));
    }

    /** What the samples take as messages. */
    long samplesLength() {
      return segment.getLong(offset + SAMPLES_LENGTH_OFFSET);
    }

    List<Map.Entry<String, String>> pairs() {
      return LabelBytes.decode(segment, offset + LABELS_OFFSET, labelsLength());
    }

    /** That of the label which was put first. */
    String firstValue() {
      return LabelBytes.firstValue(segment, offset + LABELS_OFFSET);
    }

    int labelsLength() {
      return segment.getInt(offset + LABELS_LENGTH_OFFSET);
    }

    private long sampleCount() {
      // All chunks but the last one are full.
      return (long) segment.getInt(offset + CHUNKS_OFFSET) * CHUNK_SAMPLES;
    }

    void readSamples(SampleSink sink) {
      var reader = new PrometheusXorChunkReader();
      int at = offset + LABELS_OFFSET + labelsLength();
      for (int chunk = 0; chunk < segment.getInt(offset + CHUNKS_OFFSET); chunk++) {
        int length = segment.getInt(at + DATA_LENGTH_OFFSET);
        reader.wrap(segment, at + DATA_OFFSET, length);
        while (reader.next()) {
          sink.sample(reader.timeMillis(), reader.valueBits());
        }
        at += DATA_OFFSET + length;
      }
    }

    void readChunks(ChunkSink sink) {
      int at = offset + LABELS_OFFSET + labelsLength();
      for (int chunk = 0; chunk < segment.getInt(offset + CHUNKS_OFFSET); chunk++) {
        int length = segment.getInt(at + DATA_LENGTH_OFFSET);
        sink.chunk(
            segment.getLong(at + MIN_OFFSET),
            segment.getLong(at + MAX_OFFSET),
            bytes(at + DATA_OFFSET, length));
        at += DATA_OFFSET + length;
      }
    }

    private byte[] bytes(int from, int length) {
      byte[] bytes = new byte[length];
      segment.getBytes(from, bytes);
      return bytes;
    }
  }
}
