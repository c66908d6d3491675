package io.silverback.server.template;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextTemplate;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.GroupUpdater;
import io.silverback.server.writers.WriterTrace;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes columns of the bodies that differ from one that was pushed before in their numbers only.
 * Immutable; groups that are pushed to with the same text share one.
 */
public final class PushTemplate {
  /** Families that were never written would not count. */
  private static final Stamp SOME_PUSH = new Stamp(new Version(0, 1, 0), 1);

  private final TextTemplate text;
  private final Fingerprint shape;
  private final WriterTrace.Pattern writers;

  private PushTemplate(TextTemplate text, Fingerprint shape, WriterTrace.Pattern writers) {
    this.text = text;
    this.shape = shape;
    this.writers = writers;
  }

  /**
   * The numbers of a push.
   *
   * @param shape that the group has after such a push
   * @param words the columns of the shape
   * @param writer what the push says of its client
   */
  public record Values(Fingerprint shape, DirectBuffer words, WriterTrace.Source writer) {
    /**
     * The push of these numbers to a group.
     *
     * @param replaces true for a PUT
     */
    public GroupUpdate update(GroupingKey key, boolean replaces) {
      return new GroupUpdate.Revalue(key, replaces, shape, words);
    }
  }

  /**
   * Learns from the body of a push that was taken.
   *
   * @param parser reads a body
   * @return empty for a body that has to be parsed each time
   */
  static Optional<PushTemplate> learn(
      GroupingKey key,
      byte[] body,
      TextTemplate.Outline outline,
      Function<byte[], ParsedExposition> parser) {
    ParsedExposition numbered = parser.apply(outline.numbered(body));
    if (numbered.timestamped()) {
      return Optional.empty();
    }
    List<MetricFamily> families =
        GroupUpdater.effectOf(new GroupUpdate.Replace(key, numbered), SOME_PUSH)
            .families()
            .values()
            .stream()
            .map(VersionedFamily::family)
            .toList();
    if (!Extras.of(families).isEmpty()) {
      return Optional.empty();
    }
    GroupShape shape = GroupShape.of(key, families);
    byte[] words = new byte[shape.columnCount() * Long.BYTES];
    GroupShape.writeValues(families, new UnsafeBuffer(words));
    return outline
        .template(words, shape.countColumns())
        .map(
            text ->
                new PushTemplate(
                    text,
                    shape.fingerprint(),
                    new WriterTrace.Pattern(numbered.families(), text::columnOf)));
  }

  /** How many bytes {@link #read} allocates. */
  public long valuesLength() {
    return (long) text.columnCount() * Long.BYTES;
  }

  /** The numbers in the first {@code length} bytes of a body; empty for a body of another text. */
  public Optional<Values> read(byte[] body, int length) {
    byte[] bytes = new byte[text.columnCount() * Long.BYTES];
    if (!text.read(body, length, bytes)) {
      return Optional.empty();
    }
    var words = new UnsafeBuffer(bytes);
    return Optional.of(
        new Values(
            shape,
            words,
            writers.with(column -> words.getDouble(column * Long.BYTES, LITTLE_ENDIAN))));
  }

  /** About how many bytes of heap it takes. */
  long weight() {
    return 512 + text.weight();
  }

  boolean isLike(PushTemplate other) {
    return shape.equals(other.shape) && text.equals(other.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PushTemplate template && isLike(template);
  }
}
