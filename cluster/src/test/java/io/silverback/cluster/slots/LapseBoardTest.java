package io.silverback.cluster.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.message.PeerMessage.ProcessId;
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
      report(view, id(reports), gone);
      report(view, id(reports), gone);
      assertEquals(2 * reports > voters, board.hasLapsed(view, gone), "reports=" + reports);
    }
  }

  @Test
  void nobodyLapsedBeforeItIsRemoved() {
    View before = with(1, gone);
    report(before, id(1), gone);
    View view = ViewPlanner.without(before, gone, 0);
    assertFalse(board.hasLapsed(view, gone));
  }

  @Test
  void whatWasReportedOnceStaysTrue() {
    View view = ViewPlanner.without(with(3, gone), gone, 0);
    report(view, id(1), gone);
    board.report(view, id(1), view.epoch(), List.of());
    report(view, id(2), gone);
    assertTrue(board.hasLapsed(view, gone));
  }

  @Test
  void onlyThoseCountThatVoteInTheNewestView() {
    View view = ViewPlanner.without(with(3, gone, also), gone, 0);
    report(view, id(1), gone);
    report(view, ProcessId.of(also), gone);
    report(view, new ProcessId("n2", 99), gone);
    assertFalse(board.hasLapsed(view, gone));

    View fewer = ViewPlanner.without(view, node(1), 0);
    report(fewer, id(2), gone);
    assertFalse(board.hasLapsed(fewer, gone));
    View more = ViewPlanner.withVoter(fewer, also);
    assertTrue(board.hasLapsed(more, gone));
  }

  @Test
  void eachProcessLapsesForItself() {
    View view = ViewPlanner.without(with(1, gone, also), gone, 0);
    view = ViewPlanner.without(view, also, 0);
    report(view, id(1), gone);
    assertTrue(board.hasLapsed(view, gone));
    assertFalse(board.allLapsed(view));
    report(view, id(1), also);
    assertTrue(board.allLapsed(view));
  }

  @Test
  void whatWasReportedOfItsFirstRemovalIsNotTrueOfTheNext() {
    View view = ViewPlanner.without(with(1, gone), gone, 0);
    report(view, id(1), gone);
    assertTrue(board.hasLapsed(view, gone));
    View again = ViewPlanner.without(ViewPlanner.with(view, gone), gone, 0);
    assertFalse(board.hasLapsed(again, gone));
    assertFalse(board.allLapsed(again));
    report(again, id(1), gone);
    assertTrue(board.allLapsed(again));
  }

  /** The voter did not know yet of the removal. */
  @Test
  void aLateReportOfAnOlderViewIsNoneOfTheNextRemoval() {
    View view = ViewPlanner.without(with(1, gone), gone, 0);
    View again = ViewPlanner.without(ViewPlanner.with(view, gone), gone, 0);
    board.report(again, id(1), again.epoch() - 1, List.of(ProcessId.of(gone)));
    assertFalse(board.hasLapsed(again, gone));
  }

  @Test
  void whoeverWasForgottenHasToLapseAnew() {
    View view = ViewPlanner.without(with(1, gone), gone, 0);
    report(view, id(1), gone);
    board.report(with(1), id(1), 1, List.of());
    assertFalse(board.hasLapsed(view, gone));
  }

  private void report(View view, ProcessId voter, Member lapsed) {
    board.report(view, voter, view.epoch(), List.of(ProcessId.of(lapsed)));
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
