package io.silverback.server.member;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.handler.JobTotals.Order;
import io.silverback.server.remotewrite.Reached;
import io.silverback.server.storage.MetricStore.Rehearsal;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.maps.GroupKeys;
import java.util.BitSet;
import java.util.List;

/** What servers of a cluster ask and answer each other, for the fuzzing of their readers. */
public final class MemberInputs {
  private static final byte[] KEY = GroupKeys.encode(GroupingKey.of("x", "l", "é"));
  private static final List<Reached> REACHED =
      List.of(new Reached(7, 1000, 2000, BitSet.valueOf(new byte[] {1, 2})));

  private MemberInputs() {}

  public static void readQuestion(byte[] bytes) {
    ServerQuestion.decode(bytes);
  }

  public static void readAnswer(byte[] bytes) {
    ServerAnswer.decode(bytes);
  }

  public static List<byte[]> questions() {
    return List.of(
        new ServerQuestion.Names(KEY, 1024).encode(),
        new ServerQuestion.Heaviest(Order.PUSHES).encode(),
        new ServerQuestion.Reach("prometheus", REACHED).encode());
  }

  public static List<byte[]> answers() {
    var outline =
        new GroupOutline(
            1,
            List.of(
                new GroupOutline.Line("a", MetricType.GAUGE, "h", 1, GroupOutline.Change.KEPT)));
    return List.of(
        new ServerAnswer.There(REACHED).encode(),
        new ServerAnswer.Named(3, false, List.of(KEY)).encode(),
        new ServerAnswer.Rehearsed(new Rehearsal(new Submission.Accepted(), 2, 1, outline, ""))
            .encode());
  }
}
