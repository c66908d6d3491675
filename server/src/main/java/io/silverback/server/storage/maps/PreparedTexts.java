package io.silverback.server.storage.maps;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.Symbols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.ExpandableArrayBuffer;

/**
 * The texts of a large shape, acquired some at a time before the shape is: a thread that holds the
 * lock of shape changes for all of them keeps all other new shapes waiting.
 *
 * <p>Each text goes to the shape that acquires it; those that none took are released by the close.
 * Belongs to one thread, and but for {@link #of} and the close to one that holds the lock.
 */
public final class PreparedTexts implements Symbols, AutoCloseable {
  /** What is done under the lock at a time, about a millisecond of work. */
  private static final int AT_ONCE = 512;

  private final SymbolTable symbols;
  private final ReentrantLock shapeChanges;
  private final Map<String, Long> ids = new HashMap<>();

  private PreparedTexts(SymbolTable symbols, ReentrantLock shapeChanges) {
    this.symbols = symbols;
    this.shapeChanges = shapeChanges;
  }

  /** None, so that all are acquired when the shape is. */
  static PreparedTexts none(SymbolTable symbols, ReentrantLock shapeChanges) {
    return new PreparedTexts(symbols, shapeChanges);
  }

  /**
   * Those of a shape. Throws {@link io.silverback.codec.model.DeadlineException} where that takes
   * too long.
   *
   * @param shapeChanges fair, so that all who wait get it in between
   */
  static PreparedTexts of(GroupShape shape, SymbolTable symbols, ReentrantLock shapeChanges) {
    var prepared = new PreparedTexts(symbols, shapeChanges);
    List<String> texts = textsOf(shape);
    try {
      for (int from = 0; from < texts.size(); from += AT_ONCE) {
        Deadline.current().lookNow();
        prepared.prepare(texts.subList(from, Math.min(texts.size(), from + AT_ONCE)));
      }
    } catch (RuntimeException | Error e) {
      prepared.close();
      throw e;
    }
    return prepared;
  }

  private void prepare(List<String> texts) {
    shapeChanges.lock();
    try {
      for (String text : texts) {
        ids.put(text, symbols.acquire(text));
      }
    } finally {
      shapeChanges.unlock();
    }
  }

  private static List<String> textsOf(GroupShape shape) {
    var texts = new ArrayList<String>();
    var collector =
        new Symbols() {
          @Override
          public long acquire(String text) {
            texts.add(text);
            return texts.size();
          }

          @Override
          public String text(long id) {
            return texts.get((int) id - 1);
          }

          @Override
          public void release(long id) {}
        };
    shape.encode(collector, new ExpandableArrayBuffer(), 0);
    return texts;
  }

  @Override
  public long acquire(String text) {
    Long id = ids.remove(text);
    return id != null ? id : symbols.acquire(text);
  }

  @Override
  public String text(long id) {
    return symbols.text(id);
  }

  @Override
  public void release(long id) {
    symbols.release(id);
  }

  @Override
  public void close() {
    List<Long> left = List.copyOf(ids.values());
    ids.clear();
    for (int from = 0; from < left.size(); from += AT_ONCE) {
      release(left.subList(from, Math.min(left.size(), from + AT_ONCE)));
    }
  }

  private void release(List<Long> some) {
    shapeChanges.lock();
    try {
      some.forEach(symbols::release);
    } finally {
      shapeChanges.unlock();
    }
  }
}
