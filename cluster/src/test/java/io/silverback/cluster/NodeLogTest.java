package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.agree.ViewPlanner;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class NodeLogTest {
  private static final long CLUSTER = 0xabcdef;

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member again = TestViews.member("b", 22, 2);
  private final View one = ViewPlanner.first(CLUSTER, List.of(a));
  private final View both = ViewPlanner.first(CLUSTER, List.of(a, b));
  private final HandTime time = new HandPorts().time;
  private final NodeLog story = new NodeLog(time, _ -> 30_000_000_000L);
  private final CapturedLines log = new CapturedLines(NodeLog.class.getName());

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void aViewNamesTheClusterAsTheApiDoes() {
    story.entered(Optional.empty(), both);
    assertEquals(
        List.of("the cluster has a new view cluster=abcdef epoch=1 members=[a/1, b/2] voters=2"),
        log.lines());
  }

  @Test
  void aNodeJoins() {
    View joined = ViewPlanner.with(one, b);
    enter(one, joined);
    assertEquals(
        List.of(
            "a node joined the cluster, and leads earlier if it is scraped node=b address=b:9095"
                + " may_lead_in_seconds=30.0"),
        rest());
  }

  @Test
  void aNodeLeavesAndItsSlotsGetAnotherLeader() {
    View left = ViewPlanner.without(both, b, 0);
    enter(both, left);
    int slots = both.slots().countOf(b);
    assertEquals(
        List.of(
            "a node left the cluster node=b address=b:9095 slots=" + slots + " epoch=2",
            "slots have a new leader node=a slots=" + slots + " from=[b] epoch=2"),
        rest());
  }

  @Test
  void aNodeComesBackAndMayLeadLater() {
    View left = ViewPlanner.without(both, b, 0);
    View back = ViewPlanner.with(left, b);
    enter(left, back);
    assertEquals(
        List.of("a node came back node=b address=b:9095 may_lead_in_seconds=30.0"), rest());
    log.lines().clear();
    View proven = ViewPlanner.withLeader(back, b);
    enter(back, proven);
    assertEquals(
        List.of("a node may lead again node=b epoch=" + proven.epoch()),
        rest().stream().filter(line -> line.startsWith("a node")).toList());
  }

  @Test
  void aNodeThatRestartedCameBackAndDidNotLeave() {
    enter(both, ViewPlanner.replacing(both, b, again, 0));
    assertEquals(1, log.lines("a node came back node=b").size(), log.lines()::toString);
    assertEquals(List.of(), log.lines("a node left"));
  }

  @Test
  void aLeaseIsLostAndRegained() {
    look(true, Optional.empty());
    log.lines().clear();
    story.lapsed(Optional.of(both));
    time.pass(1_500);
    look(false, Optional.empty());
    look(true, Optional.empty());
    look(true, Optional.empty());
    assertEquals(
        List.of(
            "the lease was lost, connections are closed cluster=abcdef epoch=1",
            "the lease is regained, requests are taken again once it has run for its length"
                + " after_seconds=1.5"),
        log.lines());
  }

  @Test
  void theFirstLeaseIsNotRegained() {
    look(false, Optional.of("waiting"));
    look(true, Optional.of("waiting"));
    assertEquals(List.of(), log.lines());
  }

  @Test
  void aNodeGetsReadyAndCeasesToBe() {
    look(true, Optional.of("waiting"));
    time.pass(2_000);
    look(true, Optional.empty());
    look(true, Optional.empty());
    time.pass(1_000);
    look(true, Optional.of("no contact"));
    look(true, Optional.of("no contact"));
    time.pass(3_000);
    look(true, Optional.empty());
    assertEquals(
        List.of(
            "this node is ready after_seconds=2.0",
            "this node is not ready any more reason=no contact",
            "this node is ready after_seconds=3.0"),
        log.lines());
  }

  @Test
  void slotsAreTakenOver() {
    story.look(true, 300, 0, false, Optional.of("waiting"));
    time.pass(250);
    story.look(true, 100, 200, false, Optional.of("waiting"));
    time.pass(250);
    story.look(true, 0, 300, false, Optional.of("waiting"));
    story.look(true, 0, 300, false, Optional.of("waiting"));
    assertEquals(
        List.of(
            "this node took slots over slots=200 pending=100 after_seconds=0.25",
            "this node took slots over slots=100 pending=0 after_seconds=0.5"),
        log.lines());
  }

  private void look(boolean holdsLease, Optional<String> whyNotReady) {
    story.look(holdsLease, 0, 0, false, whyNotReady);
  }

  private void enter(View before, View next) {
    story.entered(Optional.of(before), next);
  }

  /** All but the line of the view itself. */
  private List<String> rest() {
    return log.lines().stream().filter(line -> !line.startsWith("the cluster has")).toList();
  }
}
