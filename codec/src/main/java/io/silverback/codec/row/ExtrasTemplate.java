package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.exposition.ProtobufTemplate;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoubleFunction;
import org.agrona.DirectBuffer;

/**
 * The {@link Extras} of a group but for the numbers that are in columns, too: a client that says
 * when a counter was created says the same with each push. Immutable.
 */
public final class ExtrasTemplate {
  private final Extras extras;
  private final Part[] parts;

  private ExtrasTemplate(Extras extras, Part[] parts) {
    this.extras = extras;
    this.parts = parts;
  }

  /** Where the numbers of a message are, and the column of each. */
  private record Part(ProtobufTemplate.Outline outline, int[] columns) {
    byte[] with(byte[] message, DirectBuffer words) {
      return outline.with(
          message, number -> words.getDouble(columns[number] * Long.BYTES, LITTLE_ENDIAN));
    }
  }

  /**
   * The template of extras that were made with a number of its own in each column.
   *
   * @param columnOf the column of a number, empty for a number that has none
   * @return empty if some number of them has no column
   */
  public static Optional<ExtrasTemplate> of(Extras extras, DoubleFunction<OptionalInt> columnOf) {
    byte[][] messages = extras.messages();
    var parts = new Part[messages.length];
    for (int i = 0; i < parts.length; i++) {
      Optional<Part> part = part(messages[i], columnOf);
      if (part.isEmpty()) {
        return Optional.empty();
      }
      parts[i] = part.get();
    }
    return Optional.of(new ExtrasTemplate(extras, parts));
  }

  private static Optional<Part> part(byte[] message, DoubleFunction<OptionalInt> columnOf) {
    return ProtobufTemplate.Outline.of(message, message.length)
        .flatMap(
            outline -> {
              double[] numbers = outline.numbersOf(message);
              int[] columns = new int[numbers.length];
              for (int i = 0; i < numbers.length; i++) {
                OptionalInt column = columnOf.apply(numbers[i]);
                if (column.isEmpty()) {
                  return Optional.empty();
                }
                columns[i] = column.getAsInt();
              }
              return Optional.of(new Part(outline, columns));
            });
  }

  /** The extras of a group with these columns. */
  public Extras with(DirectBuffer words) {
    return extras.withMessages((index, message) -> parts[index].with(message, words));
  }

  /** About how many bytes of heap {@link #with} allocates, and the template takes twice. */
  public long weight() {
    return extras.lengthBytes() + 64L * parts.length;
  }

  @Override
  public boolean equals(Object other) {
    // Where the numbers are is said by the messages.
    return other instanceof ExtrasTemplate template
        && extras.equals(template.extras)
        && Arrays.equals(columns(), template.columns());
  }

  private int[] columns() {
    return Arrays.stream(parts).flatMapToInt(part -> Arrays.stream(part.columns)).toArray();
  }

  @Override
  public int hashCode() {
    return extras.hashCode();
  }
}
