package io.silverback.server.storage.maps;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.row.GroupShape;
import java.util.ArrayList;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes the shapes that an earlier version left anew: it did not put their label sets in an order.
 * For maps that nobody else uses yet.
 */
public final class ShapeRenewal {
  /** The last format whose label sets are in no order. */
  public static final int FORMAT_WITHOUT_ORDER = 2;

  private final OffHeapMap shapes;
  private final SymbolTable symbols;

  public ShapeRenewal(OffHeapMaps maps) {
    this.shapes = maps.shapes;
    this.symbols = new SymbolTable(maps.symbols);
  }

  /** Renews all shapes but those that cannot be read, which an audit will drop. */
  public void run() {
    var keys = new ArrayList<byte[]>();
    shapes.forEach((key, _) -> keys.add(Keys.copyOf(key)));
    keys.forEach(this::renew);
  }

  /** Counts another use of each text; uses are counted anew before anything relies on them. */
  private void renew(byte[] key) {
    DirectBuffer entry = shapes.borrow(key).orElseThrow();
    try {
      int at = ShapeTable.SHAPE_OFFSET;
      GroupShape shape = GroupShape.decode(symbols, entry, at, entry.capacity() - at);
      MutableDirectBuffer renewed = new ExpandableArrayBuffer();
      renewed.putBytes(0, entry, 0, at);
      int length = at + shape.encode(symbols, renewed, at);
      shapes.put(key, renewed, 0, length);
    } catch (CorruptFrameException _) {
      // Stays as it is.
    }
  }
}
