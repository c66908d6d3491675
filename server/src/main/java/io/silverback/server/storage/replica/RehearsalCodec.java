package io.silverback.server.storage.replica;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.group.GroupOutline.Change;
import io.silverback.server.group.GroupOutline.Line;
import io.silverback.server.storage.MetricStore.Rehearsal;
import java.util.List;

/**
 * What an update would do, as bytes for the node that asks its leader. Layout: {@code
 * docs/formats/server-questions.md}.
 */
public final class RehearsalCodec {
  private RehearsalCodec() {}

  public static byte[] encode(Rehearsal rehearsal) {
    GroupOutline outline = rehearsal.outline();
    return new ByteOutput()
        .bytes(SubmissionCodec.encode(rehearsal.answer()))
        .u32(rehearsal.seriesBefore())
        .u32(rehearsal.series())
        .u32(outline.families())
        .list(
            outline.listed(),
            (out, line) ->
                out.text(line.name())
                    .text(line.type().name())
                    .text(line.help())
                    .u32(line.metrics())
                    .text(line.change().name()))
        .finish();
  }

  /**
   * The rehearsal that was encoded, without the name of its leader.
   *
   * @throws MalformedBytesException if it is not valid
   */
  public static Rehearsal decode(byte[] encoded) {
    var in = new ByteInput(encoded);
    var answer = SubmissionCodec.decode(in.bytes());
    int before = in.size();
    int series = in.size();
    int families = in.size();
    List<Line> listed =
        in.list(
            each ->
                new Line(
                    each.text(),
                    each.constant(MetricType.values()),
                    each.text(),
                    each.size(),
                    each.constant(Change.values())));
    in.end();
    return new Rehearsal(answer, before, series, new GroupOutline(families, listed), "");
  }
}
