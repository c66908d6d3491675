package io.silverback.server.storage.engine;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.maps.SymbolTable;
import io.silverback.server.storage.pages.SealedPage;
import java.util.HashSet;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Copies groups with all that belongs to them from one store's maps into another's. */
final class StoreCopy {
  private final OffHeapMaps from;
  private final OffHeapMaps to;
  private final ShapeTable shapes;
  private final ShapeTable copiedShapes;
  private final Set<Fingerprint> copied = new HashSet<>();
  private final RowPageCursor cursor = new RowPageCursor();
  private final MutableDirectBuffer entry = new ExpandableArrayBuffer();

  /** Into maps that are empty; {@code shapes} are visited as long as this is used. */
  StoreCopy(OffHeapMaps from, ShapeTable shapes, OffHeapMaps to) {
    this.from = from;
    this.to = to;
    this.shapes = shapes;
    this.copiedShapes = new ShapeTable(to.shapes, new SymbolTable(to.symbols));
  }

  /**
   * Copies what there is of a group, perhaps its history alone. Called under the lock of the group.
   *
   * @return whether the group exists
   */
  boolean add(byte[] key) {
    int[] length = new int[1];
    boolean isThere =
        from.groups.read(
            key,
            stored -> {
              length[0] = stored.capacity();
              entry.putBytes(0, stored, 0, length[0]);
            });
    if (!isThere) {
      return false;
    }
    var group = new UnsafeBuffer(entry, 0, length[0]);
    addShape(HistoryHead.frameAfter(group).shape());
    addOpenPage(group);
    addSealedPages(group);
    to.groups.put(key, group, 0, group.capacity());
    return HistoryHead.frameAfter(group).exists();
  }

  private void addShape(Fingerprint shape) {
    if (copied.add(shape)) {
      copiedShapes.acquire(shapes.shape(shape));
    }
  }

  private void addOpenPage(DirectBuffer head) {
    for (int block = 0; block < HistoryHead.blocks(HistoryHead.columns(head)); block++) {
      HistoryHead.readCursor(head, block, cursor);
      byte[] key = Keys.ofOpenPage(HistoryHead.group(head), block);
      from.openPages.read(
          key, page -> to.openPages.put(key, page, 0, page.capacity(), cursor.lengthBytes()));
    }
  }

  private void addSealedPages(DirectBuffer head) {
    for (int page = HistoryHead.firstPage(head); page < HistoryHead.openPage(head); page++) {
      int[] blocks = new int[1];
      Fingerprint[] shape = {Fingerprint.NONE};
      from.pages.read(
          Keys.ofPage(HistoryHead.group(head), page, 0),
          first -> {
            blocks[0] = SealedPage.blocks(first);
            shape[0] = SealedPage.shape(first);
          });
      if (!shapes.knows(shape[0])) {
        // Nobody could read it, there or here.
        continue;
      }
      addShape(shape[0]);
      for (int block = 0; block < blocks[0]; block++) {
        byte[] key = Keys.ofPage(HistoryHead.group(head), page, block);
        from.pages.read(key, stored -> to.pages.put(key, stored, 0, stored.capacity()));
      }
    }
  }
}
