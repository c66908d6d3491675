package io.silverback.server.storage.engine;

import io.silverback.server.storage.Obstacle;
import java.util.Optional;

/** What a full disk keeps a store from doing. Thread-safe. */
public interface DiskGuard {
  /** That of a store without files. */
  DiskGuard NONE =
      new DiskGuard() {
        @Override
        public Optional<Obstacle> whyFull() {
          return Optional.empty();
        }

        @Override
        public Obstacle explain(InternalError fault) {
          throw fault;
        }
      };

  /** What keeps everything but deletes from being stored just now. */
  Optional<Obstacle> whyFull();

  /**
   * The lack of room that made a write to the maps fail.
   *
   * @param fault what the JVM makes of a mapped page that the disk has no room for
   * @throws InternalError the fault itself, if the disk has room
   */
  Obstacle explain(InternalError fault);
}
