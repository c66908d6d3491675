package io.silverback.server.group;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;

/** What a client wants done to one group. */
public sealed interface GroupUpdate {

  GroupingKey key();

  /** PUT: the group's families become those of the body. */
  record Replace(GroupingKey key, ParsedExposition body) implements GroupUpdate {}

  /** POST: families of the body replace those of the same name, the others stay. */
  record Merge(GroupingKey key, ParsedExposition body) implements GroupUpdate {}

  /** DELETE: the group goes, with its push times. */
  record Delete(GroupingKey key) implements GroupUpdate {}
}
