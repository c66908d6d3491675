package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Labels;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads the history of one server, which a {@link HistoryWriter} wrote: series after series, and
 * sample after sample of each. Holds one piece. Not thread-safe.
 *
 * <p>All methods throw what the source throws, and what is made for bytes that are not valid.
 */
final class HistoryPieces {
  /** A series has room for no more, by far. */
  private static final int MOST_SAMPLES = 1 << 26;

  private final Supplier<List<byte[]>> source;
  private final Supplier<? extends RuntimeException> senseless;
  private List<byte[]> records = List.of();
  private int next;
  private byte[] group = {};
  private Optional<Place> place = Optional.empty();

  /** Samples of the current series that are in no record yet. */
  private int left;

  private ByteInput samples = new ByteInput(new byte[0]);
  private int samplesHere;
  private boolean hasSample;
  private long timeMillis;
  private double value;

  /**
   * Which series of which group it is.
   *
   * @param family as in {@link io.silverback.server.storage.OrderedHistorySink}
   * @param labels grouping labels included
   */
  record Place(byte[] key, String family, String name, Labels labels) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.<Place>comparingInt(place -> HashRing.slotOf(place.key()))
            .thenComparing(Place::key, Arrays::compareUnsigned)
            .thenComparing(Place::family)
            .thenComparing(Place::name)
            .thenComparing(Place::labels);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * A reader at the first series.
   *
   * @param source gives the pieces
   * @param senseless what to throw for bytes that are not valid
   */
  HistoryPieces(Supplier<List<byte[]>> source, Supplier<? extends RuntimeException> senseless) {
    this.source = source;
    this.senseless = senseless;
    nextSeries();
  }

  /** The current series; empty after the last. */
  Optional<Place> place() {
    return place;
  }

  /** How many samples the current series has that were not skipped. */
  int count() {
    return left + samplesHere + (hasSample ? 1 : 0);
  }

  /** True if the current series has another sample. */
  boolean hasSample() {
    return hasSample;
  }

  long timeMillis() {
    return timeMillis;
  }

  double value() {
    return value;
  }

  /** Goes to the sample that follows in time. */
  void nextSample() {
    try {
      readSample(timeMillis);
    } catch (MalformedBytesException _) {
      throw senseless.get();
    }
  }

  /** Goes to the series that follows; all samples of the current one must have been skipped. */
  void nextSeries() {
    try {
      readSeries();
    } catch (MalformedBytesException _) {
      throw senseless.get();
    }
  }

  private void readSeries() {
    while (true) {
      byte[] record = nextRecord();
      var in = new ByteInput(record);
      int kind = in.u8();
      switch (kind) {
        case HistoryWriter.GROUP -> {
          group = in.bytes();
          in.end();
        }
        case HistoryWriter.SERIES -> {
          readHead(in);
          return;
        }
        case PieceWriter.END -> {
          in.end();
          place = Optional.empty();
          return;
        }
        default -> throw in.fault("not a series: kind=" + kind);
      }
    }
  }

  private void readHead(ByteInput in) {
    String family = in.text();
    String name = in.text();
    var labels = new Labels.Builder();
    int pairs = in.count();
    for (int i = 0; i < pairs; i++) {
      labels.add(in.text(), in.text());
    }
    left = in.size();
    in.end();
    var read = new Place(group, family, name, labels.build());
    if (left == 0
        || left > MOST_SAMPLES
        || group.length == 0
        || place.filter(before -> before.compareTo(read) >= 0).isPresent()) {
      throw in.fault("a series that cannot be here: samples=" + left);
    }
    place = Optional.of(read);
    readSample(Long.MIN_VALUE);
  }

  private void readSample(long after) {
    if (samplesHere == 0) {
      if (left == 0) {
        hasSample = false;
        return;
      }
      readSamples();
    }
    timeMillis = samples.u64();
    value = Double.longBitsToDouble(samples.u64());
    samplesHere--;
    if (hasSample && timeMillis <= after) {
      throw samples.fault("samples out of order");
    }
    hasSample = true;
  }

  private void readSamples() {
    byte[] record = nextRecord();
    samples = new ByteInput(record);
    int length = record.length - 1;
    samplesHere = length / (2 * Long.BYTES);
    if (samples.u8() != HistoryWriter.SAMPLES
        || length % (2 * Long.BYTES) != 0
        || samplesHere == 0
        || samplesHere > left) {
      throw samples.fault("not samples of the series");
    }
    left -= samplesHere;
  }

  private byte[] nextRecord() {
    if (next == records.size()) {
      records = source.get();
      next = 0;
      if (records.isEmpty()) {
        throw new MalformedBytesException("empty piece: records=0");
      }
    }
    return records.get(next++);
  }
}
