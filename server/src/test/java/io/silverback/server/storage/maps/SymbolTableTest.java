package io.silverback.server.storage.maps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.CorruptFrameException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SymbolTableTest {
  private final OffHeapMap map =
      new OffHeapMap.Plan("symbols", 1, 8, 32, 1, 1 << 20, 1024, 0).create();
  private final SymbolTable symbols = new SymbolTable(map);

  @AfterEach
  void close() {
    map.close();
  }

  @Test
  void equalTextsAreOneSymbol() {
    long id = symbols.acquire("taskmanager");
    assertEquals(id, symbols.acquire("taskmanager"));
    assertNotEquals(id, symbols.acquire("jobmanager"));
    assertEquals("taskmanager", symbols.text(id));
    assertEquals(2, map.size());
  }

  @Test
  void aTextGoesWithItsLastUse() {
    long id = symbols.acquire("\u00e9\ud83e\udd8d");
    symbols.acquire("\u00e9\ud83e\udd8d");
    symbols.release(id);
    assertEquals("\u00e9\ud83e\udd8d", symbols.text(id));
    symbols.release(id);
    assertThrows(CorruptFrameException.class, () -> symbols.text(id));
    assertEquals(0, map.size());
  }

  @Test
  void theEmptyTextIsOneToo() {
    assertEquals("", symbols.text(symbols.acquire("")));
  }
}
