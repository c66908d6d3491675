package io.silverback.server.permission;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.select.GroupSelector;
import java.util.List;

/**
 * The groups that a client may change. Immutable and thread-safe.
 *
 * @param selectors of which a group must match one; empty for all groups
 * @param texts the selectors as the file has them
 */
public record Reach(List<GroupSelector> selectors, List<String> texts) {
  /** Every group there is or will be. */
  public static final Reach ALL = new Reach(List.of(), List.of());

  public Reach {
    selectors = List.copyOf(selectors);
    texts = List.copyOf(texts);
  }

  public boolean isAll() {
    return selectors.isEmpty();
  }

  /**
   * True if the group of that key may be changed.
   *
   * @param key as it is stored, after it was rewritten
   */
  public boolean includes(GroupingKey key) {
    return isAll() || selectors.stream().anyMatch(selector -> selector.matches(key));
  }

  /** For messages. */
  @Override
  public String toString() {
    return String.join(" or ", texts);
  }
}
