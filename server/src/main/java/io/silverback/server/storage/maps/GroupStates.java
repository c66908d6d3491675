package io.silverback.server.storage.maps;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.row.Extras;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** States of groups as frames, and back. */
public final class GroupStates {
  private GroupStates() {}

  public static GroupState decode(GroupingKey key, GroupFrame frame, GroupShape shape) {
    var families = new TreeMap<String, VersionedFamily>();
    for (int i = 0; i < shape.families().size(); i++) {
      FamilyShape family = shape.families().get(i);
      families.put(
          family.name(),
          new VersionedFamily(frame.written(i), family.family(key, frame.words(), frame.extras())));
    }
    return new GroupState(key, frame.bounds(), families);
  }

  /** The frame of a state whose families have that shape. */
  public static GroupFrame encode(GroupState state, GroupShape shape) {
    List<MetricFamily> families = families(state);
    List<Stamp> written = new ArrayList<>(families.size());
    state.families().values().forEach(family -> written.add(family.written()));
    return new GroupFrame(
        state.bounds(),
        shape.fingerprint(),
        written,
        words(families, shape.columnCount()),
        Extras.of(families));
  }

  /** The frame after a push of all series that it has, with other values. */
  public static GroupFrame revalued(
      GroupFrame old, DirectBuffer words, Extras extras, Stamp stamp, boolean replaces) {
    return new GroupFrame(
        old.bounds().max(old.bounds().ofPush(stamp, replaces)),
        old.shape(),
        List.of(),
        words,
        extras);
  }

  public static List<MetricFamily> families(GroupState state) {
    return state.families().values().stream().map(VersionedFamily::family).toList();
  }

  /** The columns of families in the order of their names. */
  public static MutableDirectBuffer words(List<MetricFamily> families, int columns) {
    MutableDirectBuffer words = new UnsafeBuffer(new byte[columns * Long.BYTES]);
    GroupShape.writeValues(families, words);
    return words;
  }
}
