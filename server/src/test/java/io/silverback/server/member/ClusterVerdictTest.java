package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.server.handler.ClusterInfo.Part;
import io.silverback.server.handler.ClusterInfo.Peer;
import io.silverback.server.handler.ClusterInfo.Share;
import io.silverback.server.handler.ClusterInfo.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What may fail, and what is missing, by the words of members. */
final class ClusterVerdictTest {
  private static final long EPOCH = 7;

  @Test
  void aWholeClusterOfThreeSpendsOneNode() {
    List<Part> parts = parts(3);

    assertVerdict(parts, 1, 1);
    assertEquals(List.of(), waitingFor(parts));
  }

  @Test
  void voterMajorityBoundsWhatMayStop() {
    assertVerdict(parts(5), 1, 2);
    assertVerdict(parts(2), 1, 0);
    assertVerdict(parts(1), 0, 0);
  }

  /** Two nodes and a third that only votes: the one node that is left may not fail, too. */
  @Test
  void oneHolderOfGroupsHasToStay() {
    List<Part> parts =
        List.of(
            part("a", true, false, HashRing.SLOTS, Optional.of(word(HashRing.SLOTS, 1))),
            part("v", true, true, 0, Optional.of(word(0, 0))),
            part("w", true, true, 0, Optional.of(word(0, 0))));

    assertVerdict(parts, 0, 0);
  }

  @Test
  void aMemberThatDoesNotAnswerCountsAsFailed() {
    List<Part> parts = List.of(parts(3).get(0), parts(3).get(1), silent(parts(3).get(2)));

    assertVerdict(parts, 0, 0);
    assertEquals(List.of("node c does not answer"), waitingFor(parts));
  }

  /** Its process lives, so it keeps its copies, but no view can be agreed on with its vote. */
  @Test
  void aVoterWhoseLogDoesNotKeepUpIsNoneThatWorks() {
    List<Part> parts = new ArrayList<>(parts(3));
    assertVerdict(parts, 1, 1);
    Part b = parts.get(1);
    Word word = b.word().orElseThrow();
    var tells =
        new Word(
            EPOCH,
            word.ledSlots(),
            0,
            0,
            0,
            word.fewestCopies(),
            0,
            Optional.empty(),
            List.of(),
            List.of("c"));
    parts.set(1, new Part(b.member(), b.share(), Optional.of(tells)));

    assertVerdict(parts, 1, 0);
    assertEquals(List.of("node c does not keep up with the log of the views"), waitingFor(parts));
  }

  @Test
  void oneOfAPairMayFailIfTheOtherGoesOnAlone() {
    assertEquals(1, new ClusterVerdict(EPOCH, true, parts(2)).stoppable());
    assertEquals(1, new ClusterVerdict(EPOCH, true, parts(2)).losable());
    List<Part> halved = List.of(parts(2).get(0), silent(parts(2).get(1)));
    assertEquals(0, new ClusterVerdict(EPOCH, true, halved).stoppable());
    Part voter = part("v", true, true, 0, Optional.of(word(0, 0)));
    List<Part> withVoter =
        List.of(
            part("a", true, false, HashRing.SLOTS, Optional.of(word(HashRing.SLOTS, 1))), voter);
    assertEquals(0, new ClusterVerdict(EPOCH, true, withVoter).stoppable());
  }

  @Test
  void oneThatLeadsNothingMayKeepSilentWithoutALossOfPushes() {
    Part a = part("a", true, false, HashRing.SLOTS, Optional.of(word(HashRing.SLOTS, 3)));
    Part b = part("b", false, false, 0, Optional.empty());

    assertVerdict(List.of(a, b), 2, 0);
  }

  @Test
  void theFewestCopiesOfAnyLeaderCount() {
    List<Part> parts = List.of(parts(2).get(0), with(parts(2).get(1), 1));

    assertEquals(0, new ClusterVerdict(EPOCH, false, parts).losable());
  }

  @Test
  void slotsThatNobodyServesAreALossAlready() {
    Part a = part("a", true, false, 9, Optional.of(word(HashRing.SLOTS - 9, 2)));

    assertEquals(0, new ClusterVerdict(EPOCH, false, List.of(a)).losable());
    assertEquals(List.of("nobody serves some slots: slots=9 of=16384"), waitingFor(List.of(a)));
  }

  @Test
  void allThatIsMissingIsSaid() {
    var word =
        new Word(
            EPOCH - 1,
            HashRing.SLOTS,
            1,
            2,
            3,
            1,
            4,
            Optional.of("no lease"),
            List.of("b"),
            List.of());
    List<Part> parts =
        List.of(
            part("a", true, false, HashRing.SLOTS, Optional.of(word)),
            part("b", true, false, 0, Optional.of(word(0, 0))));

    assertEquals(
        List.of(
            "node a knows another view than this one: epoch=6 here=7",
            "node a is not ready: no lease",
            "node a takes slots over: slots=1",
            "node a hands slots over: slots=2",
            "node a leads slots that lack a copy: slots=3",
            "node a fetches older history from the others: slots=4",
            "node b is not heard by a",
            "node d waits to become a member"),
        new ClusterVerdict(EPOCH, false, parts).waitingFor(List.of("d")));
  }

  @Test
  void beforeTheFirstViewThereIsNothingElseToSay() {
    assertTrue(
        new ClusterVerdict(0, false, List.of())
            .waitingFor(List.of("d"))
            .getFirst()
            .contains("formed"));
  }

  private static void assertVerdict(List<Part> parts, int losable, int stoppable) {
    var verdict = new ClusterVerdict(EPOCH, false, parts);
    assertEquals(losable, verdict.losable());
    assertEquals(stoppable, verdict.stoppable());
  }

  private static List<String> waitingFor(List<Part> parts) {
    return new ClusterVerdict(EPOCH, false, parts).waitingFor(List.of());
  }

  /** Voters that lead a part each, with as many copies as a cluster of that size has. */
  private static List<Part> parts(int size) {
    return IntStream.range(0, size)
        .mapToObj(
            i -> {
              int led = HashRing.SLOTS / size + (i == 0 ? HashRing.SLOTS % size : 0);
              String name = String.valueOf((char) ('a' + i));
              return part(name, true, false, led, Optional.of(word(led, Math.min(2, size))));
            })
        .toList();
  }

  private static Part silent(Part part) {
    return new Part(part.member(), part.share(), Optional.empty());
  }

  private static Part with(Part part, int fewestCopies) {
    int led = part.share().leads();
    return new Part(part.member(), part.share(), Optional.of(word(led, fewestCopies)));
  }

  private static Word word(int led, int fewestCopies) {
    return new Word(EPOCH, led, 0, 0, 0, fewestCopies, 0, Optional.empty(), List.of(), List.of());
  }

  private static Part part(
      String name, boolean votes, boolean voterOnly, int leads, Optional<Word> word) {
    var peer =
        new Peer(
            name,
            "1",
            "h:1",
            "h:2",
            "",
            votes,
            voterOnly,
            true,
            "none",
            false,
            true,
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty());
    return new Part(peer, new Share(name, leads, leads, leads), word);
  }
}
