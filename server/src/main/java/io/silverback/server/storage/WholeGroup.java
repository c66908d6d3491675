package io.silverback.server.storage;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.server.group.GroupState;
import java.util.function.BiConsumer;

/** A group of a listing that came as a whole, from another server. */
record WholeGroup(GroupState state) implements ListedGroup {
  @Override
  public GroupingKey key() {
    return state.key();
  }

  @Override
  public GroupBounds bounds() {
    return state.bounds();
  }

  @Override
  public boolean hasFamily(String name) {
    return state.families().containsKey(name);
  }

  @Override
  public void forEachFamily(BiConsumer<Stamp, Family> consumer) {
    state.families().values().forEach(family -> consumer.accept(family.written(), family.family()));
  }
}
