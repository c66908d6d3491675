package io.silverback.server.template;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.exposition.BodyTemplate;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
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
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What the parser of a format makes of a body, which a template has to make of it, too. */
final class ParserOracle {
  private static final Stamp SOME_PUSH = new Stamp(new Version(0, 7, 0), 7);
  private static final GroupingKey KEY = GroupingKey.of("j", "l2", "x");
  private static final TextParser TEXT = new TextParser(NameValidation.UTF8);
  private static final ProtobufParser PROTOBUF = new ProtobufParser();

  private final boolean isProtobuf;

  ParserOracle(boolean isProtobuf) {
    this.isProtobuf = isProtobuf;
  }

  private record Row(Fingerprint shape, DirectBuffer words, Extras extras) {}

  /** The template for a body, if a server would make one. */
  Optional<PushTemplate> learn(byte[] body) {
    return row(body)
        .flatMap(_ -> BodyTemplate.outlineOf(body, body.length, isProtobuf))
        .flatMap(outline -> PushTemplate.learn(KEY, body, outline, this::parse));
  }

  /** True if the template reads the body; then the parser has to make the same of it. */
  boolean agrees(PushTemplate template, byte[] body, String about) {
    Optional<PushTemplate.Values> values = template.read(body, body.length);
    if (values.isEmpty()) {
      return false;
    }
    Row expected = row(body).orElseThrow(() -> new AssertionError("not for columns: " + about));
    assertEquals(expected.shape(), values.get().shape(), about);
    assertArrayEquals(bytes(expected.words()), bytes(values.get().words()), about);
    assertEquals(expected.extras(), values.get().extras(), about);
    return true;
  }

  private ParsedExposition parse(byte[] body) {
    return isProtobuf ? PROTOBUF.parse(body, body.length) : TEXT.parse(body, body.length);
  }

  private Optional<Row> row(byte[] body) {
    ParsedExposition exposition;
    try {
      exposition = parse(body);
    } catch (MalformedExpositionException _) {
      return Optional.empty();
    }
    List<MetricFamily> families =
        GroupUpdater.effectOf(new GroupUpdate.Replace(KEY, exposition), SOME_PUSH)
            .families()
            .values()
            .stream()
            .map(VersionedFamily::family)
            .toList();
    if (exposition.timestamped()) {
      return Optional.empty();
    }
    GroupShape shape = GroupShape.of(KEY, families);
    var words = new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]);
    GroupShape.writeValues(families, words);
    return Optional.of(new Row(shape.fingerprint(), words, Extras.of(families)));
  }

  private static byte[] bytes(DirectBuffer words) {
    byte[] copy = new byte[words.capacity()];
    words.getBytes(0, copy);
    return copy;
  }
}
