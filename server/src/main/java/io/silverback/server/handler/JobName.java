package io.silverback.server.handler;

import io.silverback.server.log.ShortText;

/** Names of jobs as they are remembered and shown: of a bounded length, and others for others. */
final class JobName {
  private static final int LONGEST = 1024;

  private JobName() {}

  /** The name, or the beginning of a long one and a digest of it all. */
  static String shown(String job) {
    return ShortText.of(job, LONGEST);
  }
}
