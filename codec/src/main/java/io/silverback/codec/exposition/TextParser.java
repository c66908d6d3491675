package io.silverback.codec.exposition;

import java.util.Objects;
import java.util.function.Predicate;

/**
 * Reads the Prometheus text format, version 0.0.4.
 *
 * <p>Stateless, and safe to share between threads. It keeps no reference to the body. Time and
 * memory grow with the length of the body, whatever it holds.
 */
public final class TextParser {
  private final NameValidation names;

  /** A parser that refuses names which the validation does not allow. */
  public TextParser(NameValidation names) {
    this.names = names;
  }

  /**
   * Reads the first {@code length} bytes of a body.
   *
   * @return families in the order of their first lines; those without samples are left out
   * @throws MalformedExpositionException if the bytes are not an exposition; says where and why
   */
  public ParsedExposition parse(byte[] body, int length) {
    Objects.checkFromIndexSize(0, length, body.length);
    ExpositionReading reading = begin(length);
    reading.read(body, 0, length);
    return reading.end();
  }

  /**
   * All that is wrong with a body, for people: the first fault is the one that {@link #parse}
   * throws, and each of the others is in a later line than the one before.
   *
   * @param wantsMore told of each fault, one after the other
   */
  public void faults(byte[] body, int length, Predicate<MalformedExpositionException> wantsMore) {
    Objects.checkFromIndexSize(0, length, body.length);
    new ExpositionReader(names, length).faults(body, length, wantsMore);
  }

  /**
   * Begins a body that may come in pieces, with what {@link #parse} says of the whole of it.
   *
   * @param length of the body, or of the first that is there of it, in bytes
   */
  public ExpositionReading begin(int length) {
    return new TextReading(new ExpositionReader(names, length));
  }
}
