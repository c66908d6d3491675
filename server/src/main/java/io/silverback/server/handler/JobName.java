package io.silverback.server.handler;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** Names of jobs as they are remembered and shown: of a bounded length, and others for others. */
final class JobName {
  private static final int LONGEST = 1024;
  private static final int DIGEST_BYTES = 8;

  private JobName() {}

  /** The name, or the beginning of a long one and a digest of it all. */
  static String shown(String job) {
    return job.length() <= LONGEST
        ? job
        : job.substring(0, LONGEST) + "..." + HexFormat.of().formatHex(digest(job));
  }

  private static byte[] digest(String job) {
    try {
      byte[] whole =
          MessageDigest.getInstance("SHA-256").digest(job.getBytes(StandardCharsets.UTF_8));
      return Arrays.copyOf(whole, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
