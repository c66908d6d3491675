package io.silverback.server.body;

import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import org.jspecify.annotations.Nullable;

/**
 * A body without its Content-Encoding, in a window that slides over it. A body that is not large is
 * in the window as a whole; of one that few bytes inflate to a great many, only a part is in memory
 * at a time.
 *
 * <p>Belongs to one thread, which closes it. The bytes of the window belong to it, too, and move
 * with each {@link #slide}.
 */
public final class UnpackedBody implements AutoCloseable {
  /** What is no larger is unpacked as a whole. */
  static final int WHOLE = 4 << 20;

  private static final int FIRST_BYTES = 512;

  private final BodyBuffer window;
  private final @Nullable Unpacker unpacker;
  private final int sentLength;
  private final int maxLength;
  private long length;
  private boolean slid;
  private boolean ended;

  private UnpackedBody(
      BodyBuffer window, @Nullable Unpacker unpacker, int sentLength, int maxLength) {
    this.window = window;
    this.unpacker = unpacker;
    this.sentLength = sentLength;
    this.maxLength = maxLength;
    this.ended = unpacker == null;
  }

  /** A body that came without an encoding. */
  static UnpackedBody asSent(BodyBuffer sent) {
    return new UnpackedBody(sent, null, sent.length(), sent.length());
  }

  /**
   * The start of a body.
   *
   * @param maxPart the most bytes of a line or a message
   * @param maxLength the most bytes in all
   */
  static UnpackedBody of(
      Unpacker unpacker, int sentLength, LimitedMemory.Lease memory, int maxPart, int maxLength)
      throws UnreadableBodyException, OverLimitException {
    boolean fits = maxLength <= maxPart;
    var window =
        fits
            ? new BodyBuffer(memory, RequestLimit.INFLATED_SIZE, maxLength)
            : new BodyBuffer(memory, RequestLimit.INFLATED_PART, maxPart);
    var body = new UnpackedBody(window, unpacker, sentLength, maxLength);
    try {
      body.begin(fits ? WHOLE : Math.min(WHOLE, maxPart));
    } catch (UnreadableBodyException | OverLimitException | RuntimeException e) {
      body.close();
      throw e;
    }
    return body;
  }

  private void begin(int most) throws UnreadableBodyException, OverLimitException {
    window.grow(Math.min(most, Math.max(FIRST_BYTES, 4L * sentLength)));
    fill();
    while (!ended && window.bytes().length < most) {
      window.grow(Math.min(most, 2L * window.bytes().length));
      fill();
    }
  }

  private void fill() throws UnreadableBodyException, OverLimitException {
    if (!ended && unpacker != null) {
      int before = window.length();
      ended = unpacker.fill(window);
      length += window.length() - before;
      if (length > maxLength) {
        throw BodyBuffer.tooLarge(RequestLimit.INFLATED_SIZE, maxLength);
      }
    }
  }

  /** The bytes that are here. */
  public BodyBuffer window() {
    return window;
  }

  /** True if the window has the whole body. */
  public boolean isWhole() {
    return ended && !slid;
  }

  /** True if nothing comes after the window. */
  public boolean isEnded() {
    return ended;
  }

  /** Of the body with its encoding. */
  public int sentLength() {
    return sentLength;
  }

  /** Lets go of the first bytes, if any, and has more of those that come after the window. */
  public void slide(int count) throws UnreadableBodyException, OverLimitException {
    slid = true;
    if (count == 0) {
      window.grow(2L * window.bytes().length);
    } else {
      window.drop(count);
    }
    fill();
  }

  @Override
  public void close() {
    if (unpacker != null) {
      unpacker.close();
    }
  }
}
