package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file in which it is kept how far targets of remote write got. */
class CursorsTest {
  private static final Cursor FIRST = new Cursor(1_000, 2_000);
  private static final Cursor SECOND = Cursor.at(3_000);

  private static final int SLOTS = 64;
  private static final BitSet ALL = BitSet.valueOf(new long[] {1});

  @TempDir private Path folder;

  private Cursors reopened() {
    return new Cursors(Optional.of(folder), 1);
  }

  private static void put(Cursors cursors, String target, Cursor cursor) {
    cursors.put(target, ALL, _ -> 0, cursor);
  }

  private static Optional<Cursor> of(Cursors cursors, String target) {
    Cursors.Places places = cursors.of(target);
    return places.known().get(0) ? Optional.of(places.cursor(0)) : Optional.empty();
  }

  private byte[] written() throws IOException {
    Cursors cursors = reopened();
    put(cursors, "first target", FIRST);
    put(cursors, "second", SECOND);
    return Files.readAllBytes(folder.resolve(Cursors.FILE));
  }

  @Test
  void eachTargetGoesOnWhereItGot() throws IOException {
    assertTrue(written().length > 0);
    assertEquals(Optional.of(FIRST), of(reopened(), "first target"));
    assertEquals(Optional.of(SECOND), of(reopened(), "second"));
    assertEquals(Optional.empty(), of(reopened(), "third"));
  }

  /** What is left of a line may name another target, and never moves one of these ahead. */
  @Test
  void aFileThatIsCutOffAnywhereLosesPlacesAndNothingElse() throws IOException {
    byte[] whole = written();
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve(Cursors.FILE), Arrays.copyOf(whole, length));
      Cursors cut = reopened();
      assertTrue(of(cut, "first target").filter(it -> !it.equals(FIRST)).isEmpty(), "at " + length);
      assertTrue(of(cut, "second").filter(it -> !it.equals(SECOND)).isEmpty(), "at " + length);
    }
  }

  @Test
  void whatIsNoFileOfCursorsIsPassedOver() throws IOException {
    for (String other :
        new String[] {
          "",
          "silverback remote-write 3\n1 1 a\n",
          "silverback remote-write 2\n1 1 1 AQ== a\n",
          "\0".repeat(5000)
        }) {
      Files.writeString(folder.resolve(Cursors.FILE), other);
      assertEquals(Optional.empty(), of(reopened(), "a"));
    }
    String odd = "silverback remote-write 1\nx 1 a\n1 b\n9999999999999999999 1 c\n5 4 d\n";
    Files.writeString(folder.resolve(Cursors.FILE), odd);
    Cursors cursors = reopened();
    assertEquals(Optional.empty(), of(cursors, "a"));
    assertEquals(Optional.empty(), of(cursors, "c"));
    assertEquals(Optional.of(Cursor.at(5)), of(cursors, "d"));
  }

  /** Their names come and go by reloads. */
  @Test
  void theOldestPlaceGoesWhereThereAreTooMany() {
    Cursors cursors = reopened();
    for (int i = 0; i <= 256; i++) {
      put(cursors, "target-" + i, Cursor.at(1_000 + i));
    }
    assertEquals(Optional.empty(), of(cursors, "target-0"));
    assertEquals(Optional.of(Cursor.at(1_256)), of(cursors, "target-256"));
  }

  @Test
  void aFolderThatCannotBeWrittenToStopsNothing() throws IOException {
    Files.createDirectories(folder.resolve(Cursors.FILE).resolve("in the way"));
    Cursors cursors = reopened();
    put(cursors, "a", SECOND);
    assertEquals(Optional.of(SECOND), of(cursors, "a"));
  }

  private static BitSet slots(int... numbers) {
    return Arrays.stream(numbers).collect(BitSet::new, BitSet::set, BitSet::or);
  }

  private Cursors ofMember() {
    return new Cursors(Optional.of(folder), SLOTS);
  }

  private static Set<Reached> reached(Cursors cursors, String target) {
    return Set.copyOf(cursors.reached(target, slots(IntStream.range(0, SLOTS).toArray())));
  }

  @Test
  void ofTwoLeadersOfASlotTheLaterOneKnowsBetter() {
    Cursors cursors = ofMember();
    cursors.hear("a", List.of(new Reached(3, 5_000, 6_000, slots(1, 2, 3))));
    cursors.hear("a", List.of(new Reached(4, 1_000, 1_000, slots(2))));
    cursors.hear("a", List.of(new Reached(2, 9_000, 9_000, slots(3, 4))));
    assertEquals(
        Set.of(
            new Reached(3, 5_000, 6_000, slots(1, 3)),
            new Reached(4, 1_000, 1_000, slots(2)),
            new Reached(2, 9_000, 9_000, slots(4))),
        reached(cursors, "a"));
  }

  @Test
  void ofTheTimesOfOneLeaderTheGreatestCount() {
    Cursors cursors = ofMember();
    cursors.hear("a", List.of(new Reached(3, 5_000, 6_000, slots(1))));
    cursors.hear("a", List.of(new Reached(3, 4_000, 7_000, slots(1))));
    assertEquals(Set.of(new Reached(3, 5_000, 7_000, slots(1))), reached(cursors, "a"));
    cursors.put("a", slots(1), _ -> 3, Cursor.at(2_000));
    assertEquals(Set.of(new Reached(3, 2_000, 2_000, slots(1))), reached(cursors, "a"));
  }

  @Test
  void whatIsHeardIsKeptInTheFileOfAMember() throws IOException {
    Cursors cursors = ofMember();
    cursors.put("a target", slots(0, 1), slot -> slot, FIRST);
    cursors.hear("a target", List.of(new Reached(1L << 40, 3_000, 3_000, slots(7, SLOTS - 1))));
    cursors.keep();
    assertEquals(3, reached(ofMember(), "a target").size());
    assertEquals(reached(cursors, "a target"), reached(ofMember(), "a target"));

    byte[] whole = Files.readAllBytes(folder.resolve(Cursors.FILE));
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve(Cursors.FILE), Arrays.copyOf(whole, length));
      assertTrue(
          reached(cursors, "a target").containsAll(reached(ofMember(), "a target")),
          "at " + length);
    }
  }

  @Test
  void aFileOfAServerAloneIsGoodForAllSlotsOfAMember() throws IOException {
    written();
    Cursor cursor = ofMember().of("first target").cursor(SLOTS - 1);
    assertEquals(FIRST, cursor);
  }

  @Test
  void namesThatNoFileCanKeepAreNotHeard() {
    Cursors cursors = ofMember();
    for (String name : List.of("a\nb", "x".repeat(2_000))) {
      cursors.hear(name, List.of(new Reached(1, 1, 1, slots(1))));
      assertEquals(Set.of(), reached(cursors, name));
    }
    cursors.hear("a", List.of(new Reached(1, 1, 1, slots(SLOTS))));
    assertEquals(Set.of(), reached(cursors, "a"));
  }

  @Test
  void manyTargetsOfOthersTakeNoMoreRoom() {
    Cursors cursors = ofMember();
    for (int i = 0; i < 100; i++) {
      cursors.hear("t" + i, List.of(new Reached(1, i, i, slots(1))));
    }
    assertEquals(Set.of(), reached(cursors, "t0"));
    assertEquals(1, reached(cursors, "t99").size());
  }
}
