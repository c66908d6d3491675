package io.silverback.codec.row;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Stamp;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

class ExtrasCursorTest {
  /** A frame in place says the same as extras that were copied out of it. */
  @Property(tries = 200)
  void findsTheExtrasOfAFrame(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    Extras extras = Extras.of(group.families());
    UnsafeBuffer frame = encoded(shape, extras);
    var reader = new GroupFrameReader(frame, 0, frame.capacity());
    var cursor = new ExtrasCursor();
    var copy = new ExtrasCursor();
    cursor.start(frame, reader.extrasPosition());

    assertEquals(extras.isEmpty(), reader.extrasPosition() == 0);
    assertEquals(reader.wordsOffset(), GroupFrameReader.wordsOffset(frame));
    int metric = 0;
    for (FamilyShape family : shape.families()) {
      for (MetricShape it : family.metrics()) {
        copy.moveTo(cursor);
        int position = cursor.find(metric);
        assertEquals(position, copy.find(metric));
        Optional<Metric> found =
            position == 0
                ? Optional.empty()
                : Optional.of(ExtrasCursor.read(frame, position, metric, it.layout()));
        assertEquals(extras.of(metric, it.layout()), found);
        found.ifPresent(extra -> assertEquals(Labels.EMPTY, extra.labels()));
        metric++;
      }
    }
    assertEquals(0, cursor.find(metric));
  }

  private static UnsafeBuffer encoded(GroupShape shape, Extras extras) {
    var frame =
        new GroupFrame(
            GroupBounds.NEVER,
            shape.fingerprint(),
            List.<Stamp>of(),
            new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]),
            extras);
    MutableDirectBuffer out = new ExpandableArrayBuffer();
    return new UnsafeBuffer(out, 0, frame.encode(out, 0));
  }
}
