package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.flags.StartUpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterFolderTest {
  @TempDir Path folder;

  @Test
  void aNodeKeepsItsNumber() {
    long first = storeId("a");
    assertEquals(first, storeId("a"));
  }

  /** A disk that was cloned for another node must not count as the same voter. */
  @Test
  void anotherNodeGetsANumberOfItsOwn() {
    long first = storeId("a");
    long second = storeId("b");
    assertNotEquals(first, second);
    assertEquals(second, storeId("b"));
  }

  @Test
  void aNumberFromBeforeNamesWereWrittenIsTakenOver() throws IOException {
    Files.writeString(folder.resolve("store-id"), "f00000000000000a\n");
    assertEquals(0xf00000000000000aL, storeId("a"));
    assertNotEquals(0xf00000000000000aL, storeId("b"));
  }

  @Test
  void aFileThatHoldsNoNumberIsNamed() throws IOException {
    for (String content : new String[] {"", "\n", "none\na\n"}) {
      Files.writeString(folder.resolve("store-id"), content);
      var refused = assertThrows(StartUpException.class, () -> storeId("a"));
      assertTrue(String.valueOf(refused.getMessage()).contains("store-id"), refused::toString);
    }
  }

  private long storeId(String nodeId) {
    try (var open = ClusterFolder.open(Optional.of(folder), nodeId)) {
      return open.storeId();
    }
  }
}
