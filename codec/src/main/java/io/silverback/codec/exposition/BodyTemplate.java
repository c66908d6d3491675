package io.silverback.codec.exposition;

import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A body but for its numbers. Reads other bodies that differ from it in numbers only, without
 * looking at names and labels: a client that pushes again and again sends little else.
 *
 * <p>It takes a body only if every byte between the numbers is the same, in the same order, and
 * knows of these bytes nothing but their lengths and a keyed hash. Any other body has to be parsed,
 * and so has one of the other format, which it does not tell apart. Immutable; keeps no reference
 * to the body that it was made from.
 *
 * <p>Which column a number belongs to is learned from the parser itself: it is given the body once
 * more with the numbers 1, 2, 3 and so on, and the columns that come out say where each went. So
 * all rules of a format, its oddities included, are in one place, and a body of which some number
 * does not end in exactly one column gets no template.
 */
public sealed interface BodyTemplate permits TextTemplate, ProtobufTemplate {
  /** How many columns it fills. */
  int columnCount();

  /**
   * The column that a number of {@link Outline#numbered} went to, as the double that it is there.
   * Empty for any other double.
   */
  OptionalInt columnOf(double number);

  /** About how many bytes of heap it takes. */
  long weight();

  /**
   * Reads the first {@code length} bytes of a body.
   *
   * @param words gets the columns, a little-endian word each; those that no number fills are left,
   *     and are zero in every body. If the answer is false there may be anything in it
   * @return false for a body that is not like the one that this was made from
   */
  boolean read(byte[] body, int length, byte[] words);

  /** The outline of a body in the format; empty if no template can be made of it. */
  static Optional<? extends Outline> outlineOf(byte[] body, int length, boolean isProtobuf) {
    return isProtobuf
        ? ProtobufTemplate.Outline.of(body, length)
        : TextTemplate.Outline.of(body, length);
  }

  /** Where the numbers of a body are. Immutable. */
  sealed interface Outline permits TextTemplate.Outline, ProtobufTemplate.Outline {
    /** The body that this is of, with the numbers 1, 2, 3 and so on in the place of its own. */
    byte[] numbered(byte[] body);

    /**
     * The template for bodies of this outline.
     *
     * @param words the columns that the parser made of {@link #numbered}
     * @param counts the columns that are counts
     * @return empty unless each number ended in a column of its own, and all other columns are zero
     */
    Optional<? extends BodyTemplate> template(byte[] words, BitSet counts);
  }
}
