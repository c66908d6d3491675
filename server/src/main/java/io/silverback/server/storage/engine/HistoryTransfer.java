package io.silverback.server.storage.engine;

import io.silverback.cluster.ReplicaStore.Adopted;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.HistoryPageMessage;
import io.silverback.server.log.Log;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.HistoryPages;
import io.silverback.server.storage.pages.PageMover;
import io.silverback.server.storage.pages.PageMover.Span;
import io.silverback.server.storage.pages.PageMover.Taken;
import io.silverback.server.storage.pages.Retention;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Gives pages of history to other servers, and takes theirs. Thread-safe.
 *
 * <p>What is taken goes before the oldest row that is here, and gets page numbers below those that
 * are there, so that the pages of a group stay in the order of their times. Where a page begins
 * before that row and ends after it, both have some rows, of which a reader takes one of each time.
 *
 * <p>Nothing of before a group was last deleted or wiped is given or taken, so it does not come
 * back by way of its pages: a page that began before is left where it is.
 */
public final class HistoryTransfer {
  private static final Log log = Log.of(HistoryTransfer.class);

  /** Of one group at once, so that others have their turn. */
  private static final int PAGES_AT_ONCE = 16;

  /** Far less than a message may have; only pages of groups with very many series are longer. */
  private static final int LONGEST_BYTES = 16 << 20;

  private final OffHeapMap groups;
  private final ShapeTable shapes;
  private final GroupEntries entries;
  private final Usage usage;
  private final ReentrantLock shapeChanges;
  private final GroupWriter writer;
  private final HistoryPages history;
  private final PageMover pages;
  private final Retention retention;
  private final MemoryBudget memory;
  private final LongSupplier wallMillis;
  private final AtomicBoolean isCorruptLogged = new AtomicBoolean();

  HistoryTransfer(
      OffHeapMap groups,
      ShapeTable shapes,
      GroupEntries entries,
      Usage usage,
      ReentrantLock shapeChanges,
      GroupWriter writer,
      HistoryPages history,
      PageMover pages,
      Retention retention,
      MemoryBudget memory,
      LongSupplier wallMillis) {
    this.groups = groups;
    this.shapes = shapes;
    this.entries = entries;
    this.usage = usage;
    this.shapeChanges = shapeChanges;
    this.writer = writer;
    this.history = history;
    this.pages = pages;
    this.retention = retention;
    this.memory = memory;
    this.wallMillis = wallMillis;
  }

  /** What is lacking of the history of a group; empty if it does not exist. */
  public Optional<Lack> lack(byte[] key) {
    return head(key)
        .filter(_ -> retention.askedMillis() > 0)
        .map(head -> new Lack(key, head.deletedAt(), pages.firstMillis(head.bytes())));
  }

  /** The head of a group that exists, and when the group was last deleted. */
  private record Head(UnsafeBuffer bytes, Version deletedAt) {}

  private Optional<Head> head(byte[] key) {
    var found = new ArrayList<Head>(1);
    usage.enter();
    try {
      groups.read(
          key,
          entry -> {
            GroupFrameReader frame = HistoryHead.frameAfter(entry);
            if (frame.exists()) {
              var head = new UnsafeBuffer(new byte[HistoryHead.length(entry)]);
              head.putBytes(0, entry, 0, head.capacity());
              found.clear();
              found.add(new Head(head, frame.bounds().deletedAt()));
            }
          });
    } finally {
      usage.exit();
    }
    return found.stream().findFirst();
  }

  /**
   * When the newest row that is here and lacks there was pushed, as far as the pages tell; the
   * earliest time there is without one.
   */
  public long offer(Lack lack) {
    usage.enter();
    try {
      return head(lack.key()).map(head -> offer(head.bytes(), lack)).orElse(Long.MIN_VALUE);
    } finally {
      usage.exit();
    }
  }

  private long offer(DirectBuffer head, Lack lack) {
    if (hasOpen(head, lack)) {
      return lack.beforeMillis() - 1;
    }
    int number = newestBefore(head, lack.beforeMillis());
    return isWanted(HistoryHead.group(head), number, lack)
        ? pages
            .lastMillis(HistoryHead.group(head), number)
            .map(last -> Math.min(last, lack.beforeMillis() - 1))
            .orElse(Long.MIN_VALUE)
        : Long.MIN_VALUE;
  }

  private static boolean hasOpen(DirectBuffer head, Lack lack) {
    long since = HistoryHead.openSinceMillis(head);
    return HistoryHead.columns(head) > 0
        && since < lack.beforeMillis()
        && since > deletedMillis(lack);
  }

  /** False for a page that is too old to be kept, or of before the group was deleted. */
  private boolean isWanted(long group, int number, Lack lack) {
    long first = pages.firstMillis(group, number);
    long last = pages.lastMillis(group, number).orElse(Long.MAX_VALUE);
    return first > deletedMillis(lack) && last >= retention.oldestMillis(wallMillis.getAsLong());
  }

  /** By the clock of the leader, as the times of rows are. */
  private static long deletedMillis(Lack lack) {
    return lack.deletedAt().equals(Version.NEVER)
        ? Long.MIN_VALUE
        : VersionClock.millisOf(lack.deletedAt());
  }

  /** The newest sealed page with a row before that time, or one before the first. */
  private int newestBefore(DirectBuffer head, long beforeMillis) {
    int low = HistoryHead.firstPage(head) - 1;
    int high = HistoryHead.openPage(head) - 1;
    while (low < high) {
      int middle = high - (high - low) / 2;
      long first = pages.firstMillis(HistoryHead.group(head), middle);
      // One that is not there is passed over later.
      if (first < beforeMillis || first == Long.MAX_VALUE) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Pages that lack there, the newest first, until there are that many bytes. */
  public List<byte[]> pages(Lack lack, int mostBytes) {
    if (head(lack.key()).isEmpty()) {
      return List.of();
    }
    List<Taken> taken =
        entries.with(
            GroupKeys.decode(lack.key()),
            (_, workspace) ->
                workspace.frame().exists() ? take(workspace, lack, mostBytes) : List.of());
    var messages = new ArrayList<byte[]>();
    usage.enter();
    try (var _ = shapes.visit()) {
      for (Taken page : taken) {
        message(lack.key(), page).ifPresent(messages::add);
      }
    } finally {
      usage.exit();
    }
    return messages;
  }

  private List<Taken> take(Workspace workspace, Lack lack, int mostBytes) {
    DirectBuffer head = workspace.entry();
    var taken = new ArrayList<Taken>();
    long bytes = 0;
    if (hasOpen(head, lack)) {
      try {
        Taken open = pages.takeOpen(head, workspace.frame().shape());
        bytes += length(open);
        taken.add(open);
      } catch (CorruptFrameException e) {
        noteCorrupt(e);
      }
    }
    long group = HistoryHead.group(head);
    int number = newestBefore(head, lack.beforeMillis());
    while (number >= HistoryHead.firstPage(head)
        && bytes < mostBytes
        && taken.size() < PAGES_AT_ONCE
        && isWanted(group, number, lack)) {
      Optional<Taken> page = pages.takeSealed(group, number);
      bytes += page.map(HistoryTransfer::length).orElse(0L);
      page.filter(HistoryTransfer::hasRows).ifPresent(taken::add);
      number--;
    }
    return taken;
  }

  /** One that did not fit on the disk has none. */
  private static boolean hasRows(Taken page) {
    return page.blocks().stream().anyMatch(block -> block.length > 0);
  }

  private static long length(Taken page) {
    return page.blocks().stream().mapToLong(block -> block.length).sum();
  }

  /** A page whose shape is gone, which is damaged or very long is left out. */
  private Optional<byte[]> message(byte[] key, Taken page) {
    try {
      if (!shapes.knows(page.shape()) || length(page) > LONGEST_BYTES) {
        return Optional.empty();
      }
      GroupShape shape = shapes.shape(page.shape());
      PageMover.verify(page.blocks(), shape);
      return Optional.of(HistoryPageMessage.encode(key, page.blocks(), shape));
    } catch (CorruptFrameException e) {
      noteCorrupt(e);
      return Optional.empty();
    }
  }

  private void noteCorrupt(RuntimeException reason) {
    history.countCorrupt();
    if (!isCorruptLogged.getAndSet(true)) {
      log.warn(
          "a page of history on its way to or from another node is damaged, and is left out; others"
              + " are only counted",
          "err",
          reason);
    }
  }

  /**
   * Takes pages, the newest first, as long as each is of the group and has a row that is older than
   * all that are here.
   */
  public Adopted adopt(Lack lack, List<byte[]> messages) {
    long bytes = 0;
    Optional<Lack> left = Optional.of(lack);
    for (byte[] message : messages) {
      Step step = adopt(left.get(), message);
      switch (step) {
        case Step.Taken(long next) -> {
          bytes += message.length;
          left = Optional.of(new Lack(lack.key(), lack.deletedAt(), next));
        }
        case Step.PassedOver() -> {}
        case Step.Over() -> {
          return new Adopted(bytes, Optional.empty(), false);
        }
        case Step.NoRoom() -> {
          return new Adopted(bytes, left, true);
        }
      }
    }
    return new Adopted(bytes, left, false);
  }

  /** What became of one page. */
  private sealed interface Step {
    record Taken(long firstMillis) implements Step {}

    record PassedOver() implements Step {}

    /** The group takes no older pages. */
    record Over() implements Step {}

    record NoRoom() implements Step {}
  }

  private Step adopt(Lack lack, byte[] message) {
    HistoryPageMessage page;
    Span span;
    GroupingKey group;
    try {
      page = new HistoryPageMessage(message);
      span = PageMover.verify(page.blocks(), page.shape());
      if (!Arrays.equals(page.key(), lack.key())) {
        throw new CorruptFrameException("a page of another group: length=" + message.length);
      }
      if (!pages.fits(page.blocks())) {
        throw new CorruptFrameException("a page longer than any: length=" + message.length);
      }
      group = GroupKeys.decode(page.key());
    } catch (CorruptFrameException | MalformedBytesException e) {
      noteCorrupt(e);
      return new Step.PassedOver();
    }
    if (span.lastMillis() < retention.oldestMillis(wallMillis.getAsLong())
        || span.firstMillis() <= deletedMillis(lack)) {
      return new Step.Over();
    }
    if (!retention.keepsRows() || !memory.hasRoomForOlderHistory(message.length)) {
      return new Step.NoRoom();
    }
    try (var texts =
        shapes.prepare(
            page.shape(), shapeChanges, () -> memory.hasRoomForOlderHistory(message.length))) {
      return entries.with(
          group,
          (key, workspace) -> {
            boolean isSame =
                workspace.frame().exists()
                    && workspace.frame().bounds().deletedAt().equals(lack.deletedAt());
            int number = HistoryHead.firstPage(workspace.entry()) - 1;
            if (!isSame || number < HistoryHead.LOWEST_PAGE) {
              return new Step.Over();
            }
            long first = pages.firstMillis(workspace.entry());
            if (span.firstMillis() >= first) {
              return new Step.PassedOver();
            }
            shapeChanges.lock();
            try {
              Optional<Obstacle> obstacle = shapes.acquire(page.shape(), texts);
              if (obstacle.isPresent()) {
                return new Step.PassedOver();
              }
            } finally {
              shapeChanges.unlock();
            }
            put(key, number, page, span, workspace);
            return new Step.Taken(span.firstMillis());
          });
    }
  }

  private void put(
      byte[] key, int number, HistoryPageMessage page, Span span, Workspace workspace) {
    try {
      pages.put(
          HistoryHead.group(workspace.entry()),
          number,
          page.blocks(),
          page.shape().fingerprint(),
          span.lastMillis());
      writer.startHistoryAt(key, number, workspace);
    } catch (RuntimeException | Error e) {
      shapes.release(page.shape().fingerprint());
      throw e;
    }
  }
}
