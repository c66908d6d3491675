package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.PeerMessage.ProcessId;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LapseBoardTest {
  private final LapseBoard board = new LapseBoard();
  private final Member gone = TestViews.member("gone", 100, 100);
  private final Member also = TestViews.member("also", 101, 101);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void aLeaseIsOverWhenMoreThanHalfOfTheVotersSaySo(int voters) {
    View view = ViewPlanner.without(with(voters, gone), gone, 0);
    for (int reports = 1; reports <= voters; reports++) {
      board.report(view, id(reports), List.of(ProcessId.of(gone)));
      board.report(view, id(reports), List.of(ProcessId.of(gone)));
      assertEquals(2 * reports > voters, board.hasLapsed(view, gone), "reports=" + reports);
    }
  }

  @Test
  void nobodyLapsedBeforeItIsRemoved() {
    View before = with(1, gone);
    board.report(before, id(1), List.of(ProcessId.of(gone)));
    View view = ViewPlanner.without(before, gone, 0);
    assertFalse(board.hasLapsed(view, gone));
  }

  @Test
  void whatWasReportedOnceStaysTrue() {
    View view = ViewPlanner.without(with(3, gone), gone, 0);
    board.report(view, id(1), List.of(ProcessId.of(gone)));
    board.report(view, id(1), List.of());
    board.report(view, id(2), List.of(ProcessId.of(gone)));
    assertTrue(board.hasLapsed(view, gone));
  }

  @Test
  void onlyThoseCountThatVoteInTheNewestView() {
    View view = ViewPlanner.without(with(3, gone, also), gone, 0);
    board.report(view, id(1), List.of(ProcessId.of(gone)));
    board.report(view, ProcessId.of(also), List.of(ProcessId.of(gone)));
    board.report(view, new ProcessId("n2", 99), List.of(ProcessId.of(gone)));
    assertFalse(board.hasLapsed(view, gone));

    View fewer = ViewPlanner.without(view, node(1), 0);
    board.report(fewer, id(2), List.of(ProcessId.of(gone)));
    assertFalse(board.hasLapsed(fewer, gone));
    View more = ViewPlanner.withVoter(fewer, also);
    assertTrue(board.hasLapsed(more, gone));
  }

  @Test
  void eachProcessLapsesForItself() {
    View view = ViewPlanner.without(with(1, gone, also), gone, 0);
    view = ViewPlanner.without(view, also, 0);
    board.report(view, id(1), List.of(ProcessId.of(gone)));
    assertTrue(board.hasLapsed(view, gone));
    assertFalse(board.hasLapsed(view, TestViews.member("gone", 102, 100)));
    assertFalse(board.allLapsed(view));
    board.report(view, id(1), List.of(ProcessId.of(also)));
    assertTrue(board.allLapsed(view));
  }

  @Test
  void whoeverWasForgottenHasToLapseAnew() {
    View view = ViewPlanner.without(with(1, gone), gone, 0);
    board.report(view, id(1), List.of(ProcessId.of(gone)));
    board.report(with(1), id(1), List.of());
    assertFalse(board.hasLapsed(view, gone));
  }

  private static View with(int voters, Member... others) {
    return TestViews.view(
        1, 7, LongStream.rangeClosed(1, voters).mapToObj(LapseBoardTest::node).toList(), others);
  }

  private static Member node(long number) {
    return TestViews.member("n" + number, number, number);
  }

  private static ProcessId id(long number) {
    return ProcessId.of(node(number));
  }
}
