package io.silverback.cluster.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages out of sealed frames. Believes nothing of a frame before its seal was seen to fit,
 * and takes memory in proportion to what came. Not thread-safe. Layout: {@code
 * docs/formats/peer-frames.md}.
 */
final class MessageReader {
  private static final int FIRST_ROOM = 1_024;
  private static final int LARGE_MESSAGE = 1 << 20;

  private final InputStream in;
  private final FrameSeal seal;
  private final int mostMessage;
  private byte[] sealed = new byte[FIRST_ROOM];
  private int start;
  private int end;
  private byte[] plain = new byte[FIRST_ROOM];

  /** The message that is not complete yet, of which that many bytes came. */
  private byte @Nullable [] message;

  private int messageLength;
  private int messageDone;

  /**
   * A reader of one direction.
   *
   * @param mostMessage the length of the longest message that is taken
   */
  MessageReader(InputStream in, SecretKey key, int mostMessage) {
    this.in = in;
    this.seal = FrameSeal.opening(key);
    this.mostMessage = mostMessage;
  }

  /**
   * Reads the next frame, and hands over the messages that it completes.
   *
   * @throws RefusedException if it is not valid, or not the next one
   * @throws IOException if the connection ends or fails
   */
  void readFrame(Consumer<byte[]> messages) throws IOException {
    fill(FrameSeal.HEAD_LENGTH);
    int sealedLength = ByteBuffer.wrap(sealed).getInt(start);
    if (sealedLength < FrameSeal.TAG_LENGTH || sealedLength > FrameSeal.MOST_SEALED) {
      throw new RefusedException(Refusal.SEAL, "not a frame: length=" + sealedLength);
    }
    fill(FrameSeal.HEAD_LENGTH + sealedLength);
    byte[] head = Arrays.copyOfRange(sealed, start, start + FrameSeal.HEAD_LENGTH);
    if (plain.length < sealedLength - FrameSeal.TAG_LENGTH) {
      plain = new byte[Math.max(sealedLength, Math.min(2 * plain.length, FrameSeal.MOST_PLAIN))];
    }
    int length = seal.next(head, sealed, start + FrameSeal.HEAD_LENGTH, sealedLength, plain, 0);
    start += FrameSeal.HEAD_LENGTH + sealedLength;
    take(ByteBuffer.wrap(plain, 0, length), messages);
  }

  private void take(ByteBuffer from, Consumer<byte[]> messages) {
    while (from.hasRemaining()) {
      byte[] into = message == null ? begin(from) : message;
      int part = Math.min(messageLength - messageDone, from.remaining());
      if (messageDone + part > into.length) {
        long doubled = Math.max(2L * into.length, messageDone + part);
        into = Arrays.copyOf(into, (int) Math.min(doubled, messageLength));
      }
      from.get(into, messageDone, part);
      messageDone += part;
      if (messageDone == messageLength) {
        message = null;
        messages.accept(into);
      } else {
        message = into;
      }
    }
  }

  private byte[] begin(ByteBuffer from) {
    if (from.remaining() < MessageWriter.PREFIX_LENGTH) {
      throw new RefusedException(Refusal.MALFORMED, "the length of a message is cut off");
    }
    messageLength = from.getInt();
    messageDone = 0;
    if (messageLength < 0 || messageLength > mostMessage) {
      throw new RefusedException(
          Refusal.MALFORMED,
          "a message is longer than this node takes: length="
              + Integer.toUnsignedString(messageLength)
              + " most="
              + mostMessage);
    }
    return new byte[Math.min(messageLength, LARGE_MESSAGE)];
  }

  /** Sees to it that there are that many bytes from the start on. */
  private void fill(int wanted) throws IOException {
    if (end - start >= wanted) {
      return;
    }
    if (sealed.length - start < wanted) {
      byte[] to = sealed;
      if (sealed.length < wanted) {
        int most = FrameSeal.HEAD_LENGTH + FrameSeal.MOST_SEALED;
        to = new byte[Math.max(wanted, Math.min(2 * sealed.length, most))];
      }
      System.arraycopy(sealed, start, to, 0, end - start);
      end -= start;
      start = 0;
      sealed = to;
    }
    while (end - start < wanted) {
      int count = in.read(sealed, end, sealed.length - end);
      if (count < 0) {
        throw new EOFException("the peer closed the connection");
      }
      end += count;
    }
  }
}
