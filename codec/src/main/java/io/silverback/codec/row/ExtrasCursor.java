package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.model.Metric;
import org.agrona.DirectBuffer;

/**
 * Walks over the {@link Extras} of an encoded frame where they stand, in the order of their
 * metrics. Borrows the bytes; made to be started again and again; not thread-safe.
 *
 * <p>Throws {@link CorruptFrameException} if the bytes are damaged.
 */
public final class ExtrasCursor {
  private static final int NO_MORE = Integer.MAX_VALUE;

  private final FrameInput in = new FrameInput();
  private int left;
  private int metric = NO_MORE;
  private int position;

  /** A cursor over no extras. */
  public ExtrasCursor() {}

  /**
   * Starts before the first one.
   *
   * @param frame the encoded frame and nothing else
   * @param extras as {@link GroupFrameReader#extrasPosition} tells it; 0 for none
   */
  public void start(DirectBuffer frame, int extras) {
    left = 0;
    metric = -1;
    if (extras > 0) {
      in.moveTo(new FrameInput(frame, 0, frame.capacity()));
      in.position(extras);
      left = in.count(Extras.LEAST_LENGTH);
    }
    advance();
  }

  /** Goes to where another cursor is. */
  public void moveTo(ExtrasCursor other) {
    in.moveTo(other.in);
    left = other.left;
    metric = other.metric;
    position = other.position;
  }

  /**
   * Goes on to a metric, of which the numbers have to grow from call to call.
   *
   * @return where in the frame its extra stands; 0 if it has none
   */
  public int find(int metricIndex) {
    while (metric < metricIndex) {
      advance();
    }
    return metric == metricIndex ? position : 0;
  }

  private void advance() {
    if (left == 0) {
      metric = NO_MORE;
      return;
    }
    left--;
    metric += 1 + in.index(NO_MORE - metric - 1);
    position = in.position();
    in.skip(in.count(1));
  }

  /**
   * The metric whose extra stands at a position, without its labels.
   *
   * @throws CorruptFrameException if it is not one metric of that layout
   */
  public static Metric read(
      DirectBuffer frame, int position, int metricIndex, MetricLayout layout) {
    var in = new FrameInput(frame, 0, frame.capacity());
    in.position(position);
    return Extras.metric(in.bytes(in.count(1)), metricIndex, layout);
  }
}
