package io.silverback.server.json;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning of an answer until it is clear that it will be one, so that what goes wrong
 * early can still be told with another status.
 *
 * <p>Belongs to one thread.
 */
public final class HeldStream extends OutputStream {
  private final int heldBytes;
  private final Supplier<OutputStream> answer;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private @Nullable OutputStream out;

  /**
   * A stream that has opened nothing yet.
   *
   * @param heldBytes after how many bytes the answer is begun
   * @param answer opens what is written to
   */
  public HeldStream(int heldBytes, Supplier<OutputStream> answer) {
    this.heldBytes = heldBytes;
    this.answer = answer;
  }

  /** True if the answer was begun. */
  public boolean isBegun() {
    return out != null;
  }

  @Override
  public void write(int singleByte) throws IOException {
    write(new byte[] {(byte) singleByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (out == null && held.size() + length <= heldBytes) {
      held.write(bytes, offset, length);
    } else {
      begun().write(bytes, offset, length);
    }
  }

  /** Does not begin the answer. */
  @Override
  public void flush() throws IOException {
    if (out != null) {
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    begun().close();
  }

  private OutputStream begun() throws IOException {
    OutputStream begun = out;
    if (begun == null) {
      begun = answer.get();
      out = begun;
      held.writeTo(begun);
      held.reset();
    }
    return begun;
  }
}
