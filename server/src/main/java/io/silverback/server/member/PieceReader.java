package io.silverback.server.member;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.server.storage.maps.GroupKeys;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the families of one server, which a {@link PieceWriter} wrote. Holds one piece. Not
 * thread-safe.
 *
 * <p>All methods throw {@link MalformedBytesException} if the bytes are not valid, and what the
 * source throws.
 */
final class PieceReader {
  private static final MetricType[] TYPES = MetricType.values();

  private final Source source;
  private final ProtobufParser parser = new ProtobufParser();
  private List<byte[]> records = List.of();
  private int next;
  private Optional<Head> head = Optional.empty();

  /** Where in the piece the current family begins; -1 if in an earlier piece. */
  private int headAt = -1;

  private List<Metric> batch = List.of();
  private int nextInBatch;

  /** Gives the pieces. */
  interface Source {
    /** The next piece. */
    List<byte[]> next();

    /** The piece that begins with the family which the last piece was in. */
    List<byte[]> again();
  }

  /**
   * What the groups of the server say of a family.
   *
   * @param said for each type
   */
  record Head(
      String name, MetricType type, String help, String unit, GroupingKey key, List<Said> said) {}

  /**
   * What the groups say that hold the family under one type.
   *
   * @param otherHelp the same as help if all have the same
   */
  record Said(MetricType type, long metrics, String help, String otherHelp) {}

  /** A reader at the first family. */
  PieceReader(Source source) {
    this.source = source;
    nextFamily();
  }

  /** The current family; empty after the last. */
  Optional<Head> head() {
    return head;
  }

  /** Goes to the next family, whose name comes after that of the current one. */
  void nextFamily() {
    Optional<Head> before = head;
    batch = List.of();
    while (true) {
      if (next == records.size()) {
        piece(source.next());
      }
      byte[] record = records.get(next);
      int kind = kindOf(record);
      if (kind == PieceWriter.HEAD) {
        Head read = readHead(record);
        if (before.isPresent() && before.get().name().compareTo(read.name()) >= 0) {
          throw new MalformedBytesException("families out of order: name=" + read.name());
        }
        head = Optional.of(read);
        headAt = next++;
        return;
      }
      if (kind == PieceWriter.END) {
        head = Optional.empty();
        return;
      }
      next++;
    }
  }

  /** Goes to the first metric of the current family that is of a type of that shape, if any is. */
  void toMetricsOf(MetricType type) {
    String name = head.orElseThrow().name();
    batch = List.of();
    nextInBatch = 0;
    if (headAt >= 0) {
      next = headAt + 1;
    } else {
      piece(source.again());
      if (kindOf(records.getFirst()) != PieceWriter.HEAD
          || !readHead(records.getFirst()).name().equals(name)) {
        throw new MalformedBytesException("another family than asked for: name=" + name);
      }
      headAt = 0;
      next = 1;
    }
    while (isInFamily()) {
      byte[] record = records.get(next);
      if (kindOf(record) == PieceWriter.SECTION && type.sameShapeAs(readSection(record))) {
        next++;
        return;
      }
      next++;
    }
  }

  /** The metric that comes next; null after the last of its type. */
  @Nullable Metric peek() {
    while (nextInBatch == batch.size()) {
      if (!isInFamily() || kindOf(records.get(next)) != PieceWriter.METRICS) {
        return null;
      }
      batch = readMetrics(records.get(next++));
      nextInBatch = 0;
    }
    return batch.get(nextInBatch);
  }

  void skip() {
    nextInBatch++;
  }

  /** True if the next record is one of the current family. */
  private boolean isInFamily() {
    if (next == records.size()) {
      piece(source.next());
      headAt = -1;
    }
    int kind = kindOf(records.get(next));
    return kind == PieceWriter.SECTION || kind == PieceWriter.METRICS;
  }

  private void piece(List<byte[]> piece) {
    if (piece.isEmpty()) {
      throw new MalformedBytesException("empty piece: records=0");
    }
    records = piece;
    next = 0;
  }

  private static int kindOf(byte[] record) {
    int kind = new ByteInput(record).u8();
    if (kind < PieceWriter.HEAD || kind > PieceWriter.END) {
      throw new MalformedBytesException("unknown record: kind=" + kind);
    }
    return kind;
  }

  private static Head readHead(byte[] record) {
    var in = new ByteInput(record);
    in.u8();
    var head =
        new Head(
            in.text(),
            in.constant(TYPES),
            in.text(),
            in.text(),
            GroupKeys.decode(in.bytes()),
            in.list(each -> new Said(each.constant(TYPES), each.u64(), each.text(), each.text())));
    in.end();
    return head;
  }

  private static MetricType readSection(byte[] record) {
    var in = new ByteInput(record);
    in.u8();
    MetricType type = in.constant(TYPES);
    in.end();
    return type;
  }

  private List<Metric> readMetrics(byte[] record) {
    byte[] message = Arrays.copyOfRange(record, 1, record.length);
    try {
      var families = parser.parse(message, message.length).families();
      if (families.size() == 1 && !families.getFirst().metrics().isEmpty()) {
        return families.getFirst().metrics();
      }
    } catch (MalformedExpositionException _) {
      // Below.
    }
    throw new MalformedBytesException("not metrics: length=" + record.length);
  }
}
