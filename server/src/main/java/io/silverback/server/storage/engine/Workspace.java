package io.silverback.server.storage.engine;

import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.pages.HistoryPages;
import java.util.concurrent.ArrayBlockingQueue;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one update of a group works with: the group's entry as it was found, and as it becomes.
 *
 * <p>Made to be filled again and again; not thread-safe.
 */
public final class Workspace {
  /** Those above this many bytes are not kept, as few groups are so large. */
  private static final int KEPT_BYTES = 1 << 20;

  private final MutableDirectBuffer found = new ExpandableArrayBuffer();
  private final MutableDirectBuffer entry = new ExpandableArrayBuffer();
  private final HistoryPages.Pen pen = new HistoryPages.Pen();
  private GroupFrame frame = GroupFrame.EMPTY;
  private int length;
  private boolean isStored;

  /** A few workspaces that wait for the next update. Thread-safe. */
  static final class Pool {
    private final ArrayBlockingQueue<Workspace> free = new ArrayBlockingQueue<>(16);

    Workspace take() {
      Workspace workspace = free.poll();
      return workspace == null ? new Workspace() : workspace;
    }

    void giveBack(Workspace workspace) {
      if (workspace.found.capacity() + workspace.entry.capacity() <= KEPT_BYTES) {
        free.offer(workspace);
      }
    }
  }

  /** Starts with the entry of a group. */
  void load(DirectBuffer stored) {
    isStored = true;
    length = stored.capacity();
    found.putBytes(0, stored, 0, length);
    int headLength = HistoryHead.length(found);
    entry.putBytes(0, found, 0, headLength);
    HistoryHead.settle(entry);
    var reader = new GroupFrameReader(found, headLength, length - headLength);
    reader.verify();
    frame = reader.decode();
  }

  /** Starts with a group that is not there yet. */
  void start(long group) {
    HistoryHead.start(entry, group);
    frame = GroupFrame.EMPTY;
    length = 0;
    isStored = false;
  }

  /** The state that was found. */
  public GroupFrame frame() {
    return frame;
  }

  /** True if there is an entry, with content of that {@link ContentHash}. */
  public boolean isFound(byte[] key, long hash) {
    return length > 0
        && ContentHash.of(new UnsafeBuffer(key), new UnsafeBuffer(found, 0, length)) == hash;
  }

  /** Notes whether the group has an entry from now on, and tells whether it had one. */
  boolean markStored(boolean isStoredNow) {
    boolean before = isStored;
    isStored = isStoredNow;
    return before;
  }

  /** True if pages of history belong to the group. */
  public boolean hasHistory() {
    return !HistoryHead.isEmpty(entry);
  }

  /** The entry that is to be, at first with the head that was found and nothing else. */
  MutableDirectBuffer entry() {
    return entry;
  }

  HistoryPages.Pen pen() {
    return pen;
  }

  /** Completes the entry and tells its length. */
  int finish(GroupFrame next) {
    int headLength = HistoryHead.length(entry);
    return headLength + next.encode(entry, headLength);
  }
}
