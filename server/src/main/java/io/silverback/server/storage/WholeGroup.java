package io.silverback.server.storage;

import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.Family;
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
  public Stamp push() {
    return state.push();
  }

  @Override
  public Stamp failure() {
    return state.failure();
  }

  @Override
  public Expiry expiry() {
    return state.expiry();
  }

  @Override
  public boolean isStale() {
    return state.isStale();
  }

  @Override
  public long pushMillis() {
    return state.pushMillis();
  }

  @Override
  public long failureMillis() {
    return state.failureMillis();
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
