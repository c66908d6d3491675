package io.silverback.codec.exposition;

import java.io.IOException;

/** A page that can show a passage of its text again as pages before it had it. */
public interface RepeatingPage {
  /** From how many series on a passage is worth to be found again. */
  int leastPassage();

  /**
   * Shows a passage again, if it is known. Otherwise the passage begins, and is what is written
   * until {@link #endPassage}.
   *
   * @param identity what the text follows from; its bytes are from 0 on, and are only lent
   * @return true if the passage was shown
   */
  boolean repeat(byte[] identity, int length) throws IOException;

  /**
   * Ends a passage that began.
   *
   * @param isKept false if it must not be shown again
   */
  void endPassage(boolean isKept);
}
