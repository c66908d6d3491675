package io.silverback.codec.model;

import java.util.Optional;

/**
 * A series where it is stored, with its labels as text, so that no string needs to be made of them
 * to show it. Good until the next one is handed over.
 */
public interface StoredSeries {
  /**
   * The labels in UTF-8 as the text format has them between braces: all of their names are legacy
   * names, none of them reserved, and no name stands twice. So equal texts are equal labels. Never
   * changes.
   */
  byte[] labelText();

  /** The series without its labels. */
  Metric unlabelled();

  /** The series with its labels; empty if they were lost meanwhile. */
  Optional<Metric> metric();
}
