package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.Labels;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.ShapeReader;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class ShapeRenewalTest {
  /**
   * A gauge of the zone a and of no zone, whose label sets are in that order, as the first versions
   * wrote them; without users, symbols and checksum.
   */
  private static final String OLD_SHAPE =
      "5301 59963c7fba7751c930c273dbd35697b3 05000000 02000000 6e000000 73000000 06000000";

  private static final String OLD_FAMILIES =
      "08000000 010200 01 0202 00 00 08000000 050006 02 0103 0101"
          + "02 010304 00 02 0100 0301000000000000e03f";

  private static final int SYMBOLS_OFFSET = 38;

  @Test
  void labelSetsArePutInOrder() {
    try (var maps = new OffHeapMaps()) {
      var symbols = new SymbolTable(maps.symbols);
      var shapes = new ShapeTable(maps.shapes, symbols);
      byte[] old = oldShape(symbols);
      var entry = new UnsafeBuffer(new byte[ShapeTable.SHAPE_OFFSET + old.length]);
      entry.putBytes(ShapeTable.SHAPE_OFFSET, old);
      var reader = new ShapeReader(symbols, entry, ShapeTable.SHAPE_OFFSET, old.length);
      Fingerprint fingerprint = reader.fingerprint();
      maps.shapes.put(Keys.of(fingerprint), entry, 0, entry.capacity());
      GroupShape before = shapes.shape(fingerprint);
      assertEquals(List.of(Labels.of("zone", "a"), Labels.EMPTY), labelSets(reader));

      new ShapeRenewal(maps).run();

      assertEquals(before, shapes.shape(fingerprint));
      assertEquals(
          List.of(Labels.EMPTY, Labels.of("zone", "a")), labelSets(shapes.reader(fingerprint)));
    }
  }

  private static List<Labels> labelSets(ShapeReader reader) {
    return List.of(
        reader.labels(reader.labelsPosition(0)), reader.labels(reader.labelsPosition(1)));
  }

  private static byte[] oldShape(SymbolTable symbols) {
    byte[] head = hex(OLD_SHAPE);
    byte[] families = hex(OLD_FAMILIES);
    List<String> texts = List.of("rows", "Rows", "zone", "a", "seconds", "s");
    int end = SYMBOLS_OFFSET + texts.size() * Long.BYTES + families.length;
    var shape = new UnsafeBuffer(new byte[end + Integer.BYTES]);
    shape.putBytes(0, head);
    for (int i = 0; i < texts.size(); i++) {
      long id = symbols.acquire(texts.get(i));
      shape.putLong(SYMBOLS_OFFSET + i * Long.BYTES, id, LITTLE_ENDIAN);
    }
    shape.putBytes(end - families.length, families);
    var checksum = new CRC32C();
    checksum.update(shape.byteArray(), 0, end);
    shape.putInt(end, (int) checksum.getValue(), LITTLE_ENDIAN);
    return shape.byteArray();
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }
}
