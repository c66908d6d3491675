package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The texts of one shape that is on its way, numbered from 1 in their order. Not thread-safe. */
final class LocalSymbols implements Symbols {
  private final List<String> texts;
  private final Map<String, Long> ids = new HashMap<>();

  /** None yet. */
  LocalSymbols() {
    this(new ArrayList<>());
  }

  /** Those that came along with a shape. */
  LocalSymbols(List<String> texts) {
    this.texts = texts;
  }

  /** In the order of their numbers. */
  List<String> texts() {
    return texts;
  }

  @Override
  public long acquire(String text) {
    return ids.computeIfAbsent(
        text,
        _ -> {
          texts.add(text);
          return (long) texts.size();
        });
  }

  @Override
  public String text(long id) {
    if (id < 1 || id > texts.size()) {
      throw new CorruptFrameException("no such text: count=" + texts.size() + " id=" + id);
    }
    return texts.get((int) id - 1);
  }

  /** Does nothing: the texts go with their shape. */
  @Override
  public void release(long id) {}
}
