package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.MetricShape;
import io.silverback.codec.row.ShapeReader;
import io.silverback.codec.row.Symbols;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.Obstacle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The shapes of all groups and pages of history, equal ones kept once, outside of the heap.
 *
 * <p>Thread-safe, but for {@link #acquire} of new shapes and {@link #sweep}, which are for one
 * thread at a time.
 *
 * <h2>Users</h2>
 *
 * <p>A group, and each page of history, is a user of its shape. The count is in the shape's entry.
 * A shape whose last user has gone stays for a while, marked with the moment of that: a job that
 * deletes its group and pushes it again finds its shape there.
 *
 * <h2>Visits</h2>
 *
 * <p>A scrape reads the shapes of all groups. Counting it as a user of each would cost two writes a
 * shape, so it makes one {@link Visit} instead. Moments are numbers from one counter. A visit has
 * the number of its begin, and {@link #sweep} removes a shape only if its last user went before the
 * oldest visit began. A visitor may therefore read any shape that had a user when the visit began,
 * where it is stored, without a copy.
 *
 * <h2>Fingerprints</h2>
 *
 * <p>The key of a shape is its fingerprint. The hash is not secret, so a client may make two shapes
 * with the same one. A new shape is compared with the stored one, and the push is refused if they
 * differ: the groups of others keep their names and labels.
 */
public final class ShapeTable {
  private static final GroupShape NOTHING = GroupShape.of(GroupingKey.of("none"), List.of());
  private static final int USES_OFFSET = 0;
  private static final int UNUSED_SINCE_OFFSET = USES_OFFSET + Long.BYTES;
  static final int SHAPE_OFFSET = UNUSED_SINCE_OFFSET + Long.BYTES;

  /** What changes in place at the start of an entry. */
  static final int EDITED_LENGTH = SHAPE_OFFSET;

  /** Unused shapes that one sweep looks at; the next one takes those that are left. */
  private static final int SWEPT = 10_000;

  /** Families and metrics of which the texts need no preparing. */
  private static final int FEW = 512;

  private final OffHeapMap shapes;
  private final SymbolTable symbols;
  private final AtomicLong moment = new AtomicLong();
  private final Set<Visit> visits = ConcurrentHashMap.newKeySet();

  public ShapeTable(OffHeapMap shapes, SymbolTable symbols) {
    this.shapes = shapes;
    this.symbols = symbols;
  }

  /** A time during which no shape goes that had a user when it began. */
  public final class Visit implements AutoCloseable {
    private final long since = moment.incrementAndGet();

    @Override
    public void close() {
      visits.remove(this);
    }
  }

  public Visit visit() {
    var visit = new Visit();
    visits.add(visit);
    return visit;
  }

  /**
   * Makes the caller one more user of the shape.
   *
   * @return why the shape cannot be kept
   */
  public Optional<Obstacle> acquire(GroupShape shape) {
    return acquire(shape, symbols);
  }

  /** The same with texts of which some may be acquired already. */
  public Optional<Obstacle> acquire(GroupShape shape, Symbols texts) {
    if (shape.fingerprint().equals(Fingerprint.NONE)) {
      return Optional.empty();
    }
    byte[] key = Keys.of(shape.fingerprint());
    var known = shapes.borrow(key);
    if (known.isPresent()) {
      Optional<Obstacle> other = otherShape(known.get(), shape);
      if (other.isEmpty()) {
        acquire(shape.fingerprint());
      }
      return other;
    }
    Optional<Obstacle> longText = longText(shape);
    if (longText.isPresent()) {
      return longText;
    }
    var acquired = new AcquiredSymbols(texts);
    try {
      return put(key, shape, acquired);
    } catch (RuntimeException | Error e) {
      acquired.releaseAll();
      throw e;
    }
  }

  private Optional<Obstacle> put(byte[] key, GroupShape shape, AcquiredSymbols acquired) {
    MutableDirectBuffer entry = new ExpandableArrayBuffer();
    entry.putLong(USES_OFFSET, 1, LITTLE_ENDIAN);
    entry.putLong(UNUSED_SINCE_OFFSET, 0, LITTLE_ENDIAN);
    int length = SHAPE_OFFSET + shape.encode(acquired, entry, SHAPE_OFFSET);
    if (length > shapes.longestBytes()) {
      acquired.releaseAll();
      return Optional.of(longShape(length));
    }
    shapes.put(key, entry, 0, length);
    return Optional.empty();
  }

  /**
   * Texts for a shape that is acquired soon, if it is large and new.
   *
   * @param hasRoom false if nothing is to be taken for it
   */
  public PreparedTexts prepare(
      GroupShape shape, ReentrantLock shapeChanges, BooleanSupplier hasRoom) {
    boolean isLarge = shape.families().size() + shape.metricCount() > FEW;
    return isLarge
            && !knows(shape.fingerprint())
            && longText(shape).isEmpty()
            && hasRoom.getAsBoolean()
        ? PreparedTexts.of(shape, symbols, shapeChanges)
        : PreparedTexts.none(symbols, shapeChanges);
  }

  /** The texts of a shape that is not stored yet, and may never be. */
  private final class AcquiredSymbols implements Symbols {
    private final Symbols texts;
    private final LongArrayList ids = new LongArrayList();

    private AcquiredSymbols(Symbols texts) {
      this.texts = texts;
    }

    @Override
    public long acquire(String text) {
      long id = texts.acquire(text);
      ids.addLong(id);
      return id;
    }

    @Override
    public String text(long id) {
      return symbols.text(id);
    }

    @Override
    public void release(long id) {
      symbols.release(id);
    }

    private void releaseAll() {
      ids.forEachLong(symbols::release);
    }
  }

  /** What {@link #acquire(GroupShape)} would answer; nothing is changed. */
  public Optional<Obstacle> obstacle(GroupShape shape) {
    if (shape.fingerprint().equals(Fingerprint.NONE)) {
      return Optional.empty();
    }
    var known = shapes.borrow(Keys.of(shape.fingerprint()));
    if (known.isPresent()) {
      return otherShape(known.get(), shape);
    }
    Optional<Obstacle> longText = longText(shape);
    if (longText.isPresent()) {
      return longText;
    }
    int length = SHAPE_OFFSET + shape.encodedLength();
    return length > shapes.longestBytes() ? Optional.of(longShape(length)) : Optional.empty();
  }

  private Optional<Obstacle> otherShape(DirectBuffer known, GroupShape shape) {
    return decode(known).equals(shape)
        ? Optional.empty()
        : Optional.of(
            new Obstacle.Conflict(
                "shape fingerprint collision with another group; rename a metric"));
  }

  private Optional<Obstacle> longText(GroupShape shape) {
    int longestText = longestText(shape);
    return longestText <= symbols.longestText()
        ? Optional.empty()
        : Optional.of(
            new Obstacle.TooMuch(
                Limit.ENTRY,
                "a name, a help or a label is too long to store, shorten it: length="
                    + longestText
                    + " limit="
                    + symbols.longestText()));
  }

  private Obstacle longShape(int length) {
    return new Obstacle.TooMuch(
        Limit.ENTRY,
        "the labels of the group are too long to store, push it as several groups: length="
            + length
            + " limit="
            + shapes.longestBytes());
  }

  /** Makes the caller one more user of a shape that has one. */
  public void acquire(Fingerprint fingerprint) {
    count(fingerprint, 1);
  }

  /** Makes the caller a user no longer. */
  public void release(Fingerprint fingerprint) {
    count(fingerprint, -1);
  }

  /** True if there is such a shape, as there always is one for nothing. */
  public boolean knows(Fingerprint fingerprint) {
    return fingerprint.equals(Fingerprint.NONE) || shapes.read(Keys.of(fingerprint), _ -> {});
  }

  /** True if a shape has that text. */
  public boolean knowsText(String text) {
    return symbols.knows(text);
  }

  /**
   * Counts the users of all texts anew, and takes it that shapes have no user yet. Shapes of which
   * a text is missing are dropped.
   *
   * @return how many texts no shape has, which are dropped, too
   */
  public int recount() {
    symbols.forgetUses();
    var unreadable = new ArrayList<byte[]>();
    shapes.forEach(
        (key, shape) -> {
          shape.putLong(USES_OFFSET, 0, LITTLE_ENDIAN);
          shape.putLong(UNUSED_SINCE_OFFSET, 0, LITTLE_ENDIAN);
          if (!acquireSymbols(shape)) {
            unreadable.add(Keys.copyOf(key));
          }
        });
    unreadable.forEach(shapes::remove);
    return symbols.dropUnused();
  }

  /** A reader of the shape where it is stored; good for a user or during a visit. */
  public ShapeReader reader(Fingerprint fingerprint) {
    return reader(bytes(fingerprint));
  }

  /** The bytes of the shape where they are stored; good for a user or during a visit. */
  public DirectBuffer bytes(Fingerprint fingerprint) {
    DirectBuffer shape = borrow(fingerprint);
    return new UnsafeBuffer(shape, SHAPE_OFFSET, shape.capacity() - SHAPE_OFFSET);
  }

  /** A reader of such bytes. */
  public ShapeReader reader(DirectBuffer bytes) {
    return new ShapeReader(symbols, bytes, 0, bytes.capacity());
  }

  /** The text that a shape knows by its symbol; 0 for the empty text. */
  public String text(long symbol) {
    return symbol == 0 ? "" : symbols.text(symbol);
  }

  public GroupShape shape(Fingerprint fingerprint) {
    return fingerprint.equals(Fingerprint.NONE) ? NOTHING : decode(borrow(fingerprint));
  }

  /** Removes shapes that nobody can ask for any more, with the texts that only they had. */
  public void sweep() {
    // Before the look at the visits: one that we miss begins later than this, and never asks for a
    // shape that had no user by now.
    long now = moment.incrementAndGet();
    long oldest = visits.stream().mapToLong(visit -> visit.since).reduce(now, Math::min);
    List<byte[]> unused = new ArrayList<>();
    shapes.forEach(
        (key, shape) -> {
          if (isUnusedBefore(oldest, shape) && unused.size() < SWEPT) {
            unused.add(Keys.copyOf(key));
          }
        });
    for (byte[] key : unused) {
      DirectBuffer shape = shapes.borrow(key).orElseThrow();
      if (isUnusedBefore(oldest, shape)) {
        releaseSymbols(
            new ShapeReader(symbols, shape, SHAPE_OFFSET, shape.capacity() - SHAPE_OFFSET));
        shapes.remove(key);
      }
    }
  }

  private static int longestText(GroupShape shape) {
    int longest = 0;
    for (FamilyShape family : shape.families()) {
      longest = Math.max(longest, Math.max(family.name().length(), family.help().length()));
      longest = Math.max(longest, family.unit().length());
      for (MetricShape metric : family.metrics()) {
        Labels labels = metric.labels();
        for (int i = 0; i < labels.size(); i++) {
          longest = Math.max(longest, labels.name(i).length());
          longest = Math.max(longest, labels.value(i).length());
        }
      }
    }
    return longest;
  }

  private void releaseSymbols(ShapeReader shape) {
    for (int i = 0; i < shape.symbolCount(); i++) {
      symbols.release(shape.symbolId(i));
    }
  }

  /** False, and nothing is acquired, if one of them is missing. */
  private boolean acquireSymbols(DirectBuffer entry) {
    try {
      var shape = new ShapeReader(symbols, entry, SHAPE_OFFSET, entry.capacity() - SHAPE_OFFSET);
      for (int i = 0; i < shape.symbolCount(); i++) {
        if (!symbols.knows(shape.symbolId(i))) {
          return false;
        }
      }
      for (int i = 0; i < shape.symbolCount(); i++) {
        symbols.acquire(shape.symbolId(i));
      }
      return true;
    } catch (CorruptFrameException _) {
      return false;
    }
  }

  private static boolean isUnusedBefore(long moment, DirectBuffer shape) {
    return shape.getLong(USES_OFFSET, LITTLE_ENDIAN) == 0
        && shape.getLong(UNUSED_SINCE_OFFSET, LITTLE_ENDIAN) < moment;
  }

  private void count(Fingerprint fingerprint, int change) {
    if (fingerprint.equals(Fingerprint.NONE)) {
      return;
    }
    boolean known =
        shapes.edit(
            Keys.of(fingerprint),
            shape -> {
              shape.putLong(
                  USES_OFFSET, shape.getLong(USES_OFFSET, LITTLE_ENDIAN) + change, LITTLE_ENDIAN);
              shape.putLong(UNUSED_SINCE_OFFSET, moment.incrementAndGet(), LITTLE_ENDIAN);
            });
    if (!known) {
      throw new IllegalStateException("no such shape: fingerprint=" + fingerprint);
    }
  }

  private DirectBuffer borrow(Fingerprint fingerprint) {
    return shapes
        .borrow(Keys.of(fingerprint))
        .orElseThrow(() -> new CorruptFrameException("no such shape: fingerprint=" + fingerprint));
  }

  private GroupShape decode(DirectBuffer entry) {
    return GroupShape.decode(symbols, entry, SHAPE_OFFSET, entry.capacity() - SHAPE_OFFSET);
  }
}
