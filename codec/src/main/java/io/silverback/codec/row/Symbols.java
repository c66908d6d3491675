package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import java.nio.charset.StandardCharsets;

/**
 * The texts that shapes are made of, each kept once under a number: the port by which storage keeps
 * them.
 *
 * <p>Two texts have the same id if and only if they are equal. An id stands as long as its text is
 * acquired more often than released.
 */
public interface Symbols {

  /** The id of the text, which has one more use from now on. */
  long acquire(String text);

  /**
   * The text of an id.
   *
   * @throws CorruptFrameException if no text has that id
   */
  String text(long id);

  /**
   * The text of an id in UTF-8; not to be changed.
   *
   * @throws CorruptFrameException if no text has that id
   */
  default byte[] utf8(long id) {
    return text(id).getBytes(StandardCharsets.UTF_8);
  }

  /** Takes back one use of the text. */
  void release(long id);
}
