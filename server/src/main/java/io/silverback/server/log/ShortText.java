package io.silverback.server.log;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** Texts of clients as they are remembered: of a bounded length, and others for others. */
public final class ShortText {
  private static final int DIGEST_BYTES = 8;

  private ShortText() {}

  /** The text; of a longer one its first characters and a digest of it all. */
  public static String of(String text, int longest) {
    return text.length() <= longest
        ? text
        : text.substring(0, longest) + "..." + HexFormat.of().formatHex(digest(text));
  }

  private static byte[] digest(String text) {
    try {
      byte[] whole =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Arrays.copyOf(whole, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
