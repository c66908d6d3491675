package io.silverback.server.template;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.exposition.BodyTemplate;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufTemplate;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.codec.row.ExtrasTemplate;
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
 * Immutable; groups that are pushed to with the same bodies share one.
 */
public final class PushTemplate {
  /** Families that were never written would not count. */
  private static final Stamp SOME_PUSH = new Stamp(new Version(0, 1, 0), 1);

  private final BodyTemplate body;
  private final Fingerprint shape;
  private final ExtrasTemplate extras;
  private final WriterTrace.Pattern writers;

  private PushTemplate(
      BodyTemplate body, Fingerprint shape, ExtrasTemplate extras, WriterTrace.Pattern writers) {
    this.body = body;
    this.shape = shape;
    this.extras = extras;
    this.writers = writers;
  }

  /**
   * The numbers of a push.
   *
   * @param shape that the group has after such a push
   * @param words the columns of the shape
   * @param extras of the metrics of the shape
   * @param writer what the push says of its client
   */
  public record Values(
      Fingerprint shape, DirectBuffer words, Extras extras, WriterTrace.Source writer) {
    /**
     * The push of these numbers to a group.
     *
     * @param replaces true for a PUT
     */
    public GroupUpdate update(GroupingKey key, boolean replaces) {
      return new GroupUpdate.Revalue(key, replaces, shape, words, extras);
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
      BodyTemplate.Outline outline,
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
    GroupShape shape = GroupShape.of(key, families);
    byte[] words = new byte[shape.columnCount() * Long.BYTES];
    GroupShape.writeValues(families, new UnsafeBuffer(words));
    return outline
        .template(words, shape.countColumns())
        .flatMap(
            template ->
                ExtrasTemplate.of(Extras.of(families), template::columnOf)
                    .map(
                        extras ->
                            new PushTemplate(
                                template,
                                shape.fingerprint(),
                                extras,
                                new WriterTrace.Pattern(numbered.families(), template::columnOf))));
  }

  /** How many bytes {@link #read} allocates. */
  public long valuesLength() {
    return (long) body.columnCount() * Long.BYTES + extras.weight();
  }

  /** True if it is one for bodies in that format. */
  boolean isProtobuf() {
    return body instanceof ProtobufTemplate;
  }

  /** The numbers in the first {@code length} bytes; empty for a body that differs in more. */
  public Optional<Values> read(byte[] pushed, int length) {
    byte[] bytes = new byte[body.columnCount() * Long.BYTES];
    if (!body.read(pushed, length, bytes)) {
      return Optional.empty();
    }
    var words = new UnsafeBuffer(bytes);
    return Optional.of(
        new Values(
            shape,
            words,
            extras.with(words),
            writers.with(column -> words.getDouble(column * Long.BYTES, LITTLE_ENDIAN))));
  }

  /** About how many bytes of heap it takes. */
  long weight() {
    return 512 + body.weight() + 2 * extras.weight();
  }

  boolean isLike(PushTemplate other) {
    return shape.equals(other.shape) && body.equals(other.body) && extras.equals(other.extras);
  }

  @Override
  public int hashCode() {
    return body.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PushTemplate template && isLike(template);
  }
}
