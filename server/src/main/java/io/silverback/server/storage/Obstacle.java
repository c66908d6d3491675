package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.storage.MetricStore.Submission;

/** What keeps a push out of the store; the reason is for the client. */
public sealed interface Obstacle {
  /** It is wrong, or at odds with what is stored. */
  record Conflict(String reason) implements Obstacle {}

  /** The store would become larger than it may or can. */
  record TooMuch(Limit limit, String reason) implements Obstacle {}

  String reason();

  default Submission submission(GroupingKey key) {
    return switch (this) {
      case Conflict(var reason) -> new Submission.Refused(key, reason);
      case TooMuch(var limit, var reason) -> new Submission.OverLimit(key, limit, reason);
    };
  }
}
