package io.silverback.server.storage.engine;

import io.silverback.server.storage.MetricStore.Submission;

/** What is to become of a group, decided and not yet done. */
public sealed interface Decision {
  /** For the client that sent the update. */
  Submission answer();

  /** The group gets another state. */
  record Change(GroupChange change, Submission answer) implements Decision {}

  /** The group stays as it is. */
  record Nothing(Submission answer) implements Decision {}
}
