package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file in which it is kept how far targets of remote write got. */
class CursorsTest {
  private static final Cursor FIRST = new Cursor(1_000, 2_000);
  private static final Cursor SECOND = Cursor.at(3_000);

  @TempDir private Path folder;

  private Cursors reopened() {
    return new Cursors(Optional.of(folder));
  }

  private byte[] written() throws IOException {
    Cursors cursors = reopened();
    cursors.put("first target", FIRST);
    cursors.put("second", SECOND);
    return Files.readAllBytes(folder.resolve(Cursors.FILE));
  }

  @Test
  void eachTargetGoesOnWhereItGot() throws IOException {
    assertTrue(written().length > 0);
    assertEquals(Optional.of(FIRST), reopened().of("first target"));
    assertEquals(Optional.of(SECOND), reopened().of("second"));
    assertEquals(Optional.empty(), reopened().of("third"));
  }

  /** What is left of a line may name another target, and never moves one of these ahead. */
  @Test
  void aFileThatIsCutOffAnywhereLosesPlacesAndNothingElse() throws IOException {
    byte[] whole = written();
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve(Cursors.FILE), Arrays.copyOf(whole, length));
      Cursors cut = reopened();
      assertTrue(cut.of("first target").filter(it -> !it.equals(FIRST)).isEmpty(), "at " + length);
      assertTrue(cut.of("second").filter(it -> !it.equals(SECOND)).isEmpty(), "at " + length);
    }
  }

  @Test
  void whatIsNoFileOfCursorsIsPassedOver() throws IOException {
    for (String other :
        new String[] {"", "silverback remote-write 2\n1 1 a\n", "\0".repeat(5000)}) {
      Files.writeString(folder.resolve(Cursors.FILE), other);
      assertEquals(Optional.empty(), reopened().of("a"));
    }
    String odd = "silverback remote-write 1\nx 1 a\n1 b\n9999999999999999999 1 c\n5 4 d\n";
    Files.writeString(folder.resolve(Cursors.FILE), odd);
    Cursors cursors = reopened();
    assertEquals(Optional.empty(), cursors.of("a"));
    assertEquals(Optional.empty(), cursors.of("c"));
    assertEquals(Optional.of(Cursor.at(5)), cursors.of("d"));
  }

  /** Their names come and go by reloads. */
  @Test
  void theOldestPlaceGoesWhereThereAreTooMany() {
    Cursors cursors = reopened();
    for (int i = 0; i <= 256; i++) {
      cursors.put("target-" + i, Cursor.at(1_000 + i));
    }
    assertEquals(Optional.empty(), cursors.of("target-0"));
    assertEquals(Optional.of(Cursor.at(1_256)), cursors.of("target-256"));
  }

  @Test
  void aFolderThatCannotBeWrittenToStopsNothing() throws IOException {
    Files.createDirectories(folder.resolve(Cursors.FILE).resolve("in the way"));
    Cursors cursors = reopened();
    cursors.put("a", SECOND);
    assertEquals(Optional.of(SECOND), cursors.of("a"));
  }
}
