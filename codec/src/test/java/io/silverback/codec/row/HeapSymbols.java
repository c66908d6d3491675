package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Symbols in a map, which also tells how often each is used. Not thread-safe. */
public final class HeapSymbols implements Symbols {
  private final Map<String, Long> ids = new HashMap<>();
  private final Map<Long, String> texts = new HashMap<>();
  private final Map<Long, Integer> uses = new TreeMap<>();
  private long lastId;

  @Override
  public long acquire(String text) {
    long id =
        ids.computeIfAbsent(
            text,
            _ -> {
              lastId++;
              texts.put(lastId, text);
              return lastId;
            });
    uses.merge(id, 1, Integer::sum);
    return id;
  }

  @Override
  public String text(long id) {
    String text = texts.get(id);
    if (text == null) {
      throw new CorruptFrameException("no such symbol: id=" + id);
    }
    return text;
  }

  @Override
  public void release(long id) {
    if (uses.merge(id, -1, Integer::sum) == 0) {
      uses.remove(id);
      ids.remove(text(id));
      texts.remove(id);
    }
  }

  /** How many texts are in use. */
  public int size() {
    return texts.size();
  }
}
