package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a push in the delimited protobuf format: {@code MetricFamily} messages of the Prometheus
 * client model, each after its length.
 *
 * <p>Names are not checked beyond being UTF-8. Of several families with one name the last counts. A
 * family may have no metrics. Stateless and thread-safe; the result holds no part of the bytes.
 */
public final class ProtobufParser {
  /** What one message said; its timestamps are forgotten with it when a later one replaces it. */
  private record Message(MetricFamily family, boolean timestamped) {}

  /**
   * Reads the first {@code length} bytes of the body, which must be whole messages.
   *
   * @throws MalformedExpositionException if they are not
   */
  public ParsedExposition parse(byte[] body, int length) {
    ExpositionReading reading = begin();
    reading.read(body, 0, length);
    return reading.end();
  }

  /** Begins a body that comes in pieces, with what {@link #parse} says of the whole of it. */
  public ExpositionReading begin() {
    return new Reading();
  }

  /** Its pieces are messages. */
  private static final class Reading implements ExpositionReading {
    private final Map<String, Message> messages = new LinkedHashMap<>();

    @Override
    public int endOfPiece(byte[] bytes, int from, int to) {
      long length = 0;
      int at = from;
      while (at < to && at - from < ProtobufInput.LONGEST_VARINT_LENGTH) {
        length |= (bytes[at] & 0x7fL) << (7 * (at - from));
        if (bytes[at++] >= 0) {
          if (length < 0 || length > Integer.MAX_VALUE) {
            return to;
          }
          return length <= to - at ? at + (int) length : -1;
        }
      }
      // What is no length is read all the same, since that says why.
      return at - from < ProtobufInput.LONGEST_VARINT_LENGTH ? -1 : to;
    }

    @Override
    public long sizeOf(byte[] bytes, int from, int end) {
      return ParsedSize.ofProtobuf(bytes, from, end);
    }

    @Override
    public void read(byte[] bytes, int from, int end) {
      var in = new ProtobufInput(bytes, from, end - from);
      while (!in.atEnd()) {
        int length = in.length();
        int start = in.offset();
        in.skipBytes(length);
        Message message = readMessage(bytes, start, length);
        messages.put(message.family().name(), message);
      }
    }

    @Override
    public ParsedExposition end() {
      var families = new ArrayList<MetricFamily>(messages.size());
      boolean timestamped = false;
      for (Message message : messages.values()) {
        families.add(message.family());
        timestamped |= message.timestamped();
      }
      return new ParsedExposition(families, timestamped);
    }
  }

  // In two passes, since the type may come after the metrics and says how to read them.
  private static Message readMessage(byte[] body, int offset, int length) {
    MetricFamily header = readHeader(new ProtobufInput(body, offset, length));
    var in = new ProtobufInput(body, offset, length);
    var reader = new ProtobufMetricReader(in, header.type());
    var metrics = new ArrayList<Metric>();
    while (in.next()) {
      if (in.field() == FAMILY_METRIC) {
        metrics.add(reader.read());
      } else {
        in.skip();
      }
    }
    return new Message(header.withMetrics(metrics), reader.sawTimestamp());
  }

  private static MetricFamily readHeader(ProtobufInput in) {
    String name = "";
    String help = "";
    String unit = "";
    MetricType type = MetricType.COUNTER;
    while (in.next()) {
      switch (in.field()) {
        case FAMILY_NAME -> name = in.text("name of a metric family");
        case FAMILY_HELP -> help = in.text("help of a metric family");
        case FAMILY_TYPE -> type = type(in);
        case FAMILY_UNIT -> unit = in.text("unit of a metric family");
        default -> in.skip();
      }
    }
    if (name.isEmpty()) {
      // upstream: handler/push.go takes it, and then its own exposition ends at this family.
      throw MalformedExpositionException.inMessage(
          "proto: metric family has no name: offset=" + in.offset());
    }
    return new MetricFamily(name, help, type, unit, List.of());
  }

  private static MetricType type(ProtobufInput in) {
    int number = (int) in.integer();
    if (number < 0 || number >= TYPES.size()) {
      throw in.fault("unknown metric type " + number);
    }
    return TYPES.get(number);
  }
}
