package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.row.Symbols;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The texts of all shapes, each kept once outside of the heap under a hash of itself.
 *
 * <p>Looking texts up is thread-safe; acquiring and releasing is for one thread at a time. Texts
 * used last are kept as strings too, a fixed number of them.
 */
public final class SymbolTable implements Symbols {
  private static final int USES_OFFSET = 0;
  private static final int TEXT_OFFSET = USES_OFFSET + Integer.BYTES;

  /** What changes in place at the start of an entry. */
  static final int EDITED_LENGTH = TEXT_OFFSET;

  private static final int MAX_BYTES_OF_A_UNIT = 3;
  private static final int CACHED = 16 * 1024;

  /** Longer texts are not kept as strings: a client that sends them must not fill the heap. */
  private static final int LONGEST_CACHED = 256;

  private final OffHeapMap symbols;

  /**
   * One for which nobody makes many texts that share an id and then have to be searched through.
   */
  private final MessageDigest hash = sha256();

  private final AtomicReferenceArray<@Nullable Symbol> cache = new AtomicReferenceArray<>(CACHED);

  private record Symbol(long id, String text, byte[] utf8) {}

  private enum Match {
    NONE,
    SAME,
    OTHER
  }

  private Match match = Match.NONE;
  private boolean unused;

  public SymbolTable(OffHeapMap symbols) {
    this.symbols = symbols;
  }

  /** How many UTF-16 units a text may have, whatever it says. */
  int longestText() {
    return (symbols.longestBytes() - TEXT_OFFSET) / MAX_BYTES_OF_A_UNIT;
  }

  @Override
  public long acquire(String text) {
    byte[] encoded = text.getBytes(UTF_8);
    long id = new UnsafeBuffer(hash.digest(encoded)).getLong(0, LITTLE_ENDIAN);
    while (true) {
      match = Match.NONE;
      symbols.edit(key(id), symbol -> acquireIfSame(symbol, encoded));
      switch (match) {
        case SAME -> {
          return id;
        }
        case NONE -> {
          put(id, encoded);
          return id;
        }
        case OTHER -> id++;
      }
    }
  }

  @Override
  public String text(long id) {
    return symbol(id).text;
  }

  @Override
  public byte[] utf8(long id) {
    return symbol(id).utf8;
  }

  private Symbol symbol(long id) {
    Symbol cached = cache.get(slot(id));
    if (cached != null && cached.id == id) {
      return cached;
    }
    byte[][] found = new byte[1][];
    if (!symbols.read(key(id), symbol -> found[0] = utf8Of(symbol))) {
      throw new CorruptFrameException("no such symbol: id=" + id);
    }
    var symbol = new Symbol(id, new String(found[0], UTF_8), found[0]);
    if (found[0].length <= LONGEST_CACHED) {
      cache.set(slot(id), symbol);
    }
    return symbol;
  }

  @Override
  public void release(long id) {
    unused = false;
    symbols.edit(
        key(id),
        symbol -> {
          int uses = symbol.getInt(USES_OFFSET, LITTLE_ENDIAN) - 1;
          symbol.putInt(USES_OFFSET, uses, LITTLE_ENDIAN);
          unused = uses == 0;
        });
    if (unused) {
      symbols.remove(key(id));
      cache.set(slot(id), null);
    }
  }

  /** True if the text has a user now. Takes as long whatever texts there are. */
  boolean knows(String text) {
    byte[] encoded = text.getBytes(UTF_8);
    // The other one is for one thread at a time.
    long id = new UnsafeBuffer(sha256().digest(encoded)).getLong(0, LITTLE_ENDIAN);
    Match[] found = new Match[1];
    do {
      found[0] = Match.NONE;
      symbols.read(
          key(id++), symbol -> found[0] = isText(symbol, encoded) ? Match.SAME : Match.OTHER);
    } while (found[0] == Match.OTHER);
    return found[0] == Match.SAME;
  }

  boolean knows(long id) {
    return symbols.read(key(id), _ -> {});
  }

  /** Makes the caller one more user of a text that is there. */
  void acquire(long id) {
    symbols.edit(
        key(id),
        symbol ->
            symbol.putInt(
                USES_OFFSET, symbol.getInt(USES_OFFSET, LITTLE_ENDIAN) + 1, LITTLE_ENDIAN));
  }

  /** From now on no text has a user. */
  void forgetUses() {
    symbols.forEach((_, symbol) -> symbol.putInt(USES_OFFSET, 0, LITTLE_ENDIAN));
  }

  /** Removes the texts without a user, and tells how many. */
  int dropUnused() {
    var unused = new ArrayList<byte[]>();
    symbols.forEach(
        (key, symbol) -> {
          if (symbol.getInt(USES_OFFSET, LITTLE_ENDIAN) == 0) {
            unused.add(Keys.copyOf(key));
          }
        });
    unused.forEach(symbols::remove);
    return unused.size();
  }

  private void acquireIfSame(UnsafeBuffer symbol, byte[] encoded) {
    if (isText(symbol, encoded)) {
      int uses = symbol.getInt(USES_OFFSET, LITTLE_ENDIAN) + 1;
      symbol.putInt(USES_OFFSET, uses, LITTLE_ENDIAN);
      match = Match.SAME;
    } else {
      match = Match.OTHER;
    }
  }

  private static boolean isText(DirectBuffer symbol, byte[] encoded) {
    return new UnsafeBuffer(encoded)
        .equals(new UnsafeBuffer(symbol, TEXT_OFFSET, symbol.capacity() - TEXT_OFFSET));
  }

  private void put(long id, byte[] encoded) {
    var symbol = new UnsafeBuffer(new byte[TEXT_OFFSET + encoded.length]);
    symbol.putInt(USES_OFFSET, 1, LITTLE_ENDIAN);
    symbol.putBytes(TEXT_OFFSET, encoded);
    symbols.put(key(id), symbol, 0, symbol.capacity());
  }

  private static byte[] utf8Of(DirectBuffer symbol) {
    byte[] encoded = new byte[symbol.capacity() - TEXT_OFFSET];
    symbol.getBytes(TEXT_OFFSET, encoded);
    return encoded;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] key(long id) {
    byte[] key = new byte[Long.BYTES];
    new UnsafeBuffer(key).putLong(0, id, LITTLE_ENDIAN);
    return key;
  }

  private static int slot(long id) {
    return (int) id & (CACHED - 1);
  }
}
