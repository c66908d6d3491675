package io.silverback.server.permission;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.server.web.WatchedFile;
import io.silverback.server.yaml.ConfigException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A file with one bearer token. Thread-safe. */
final class TokenFile {
  static final int MAX_LENGTH = 4096;

  private static final String WHAT = "token_files";

  private final Path path;
  private final WatchedFile watched;

  TokenFile(Path path) {
    this.path = path;
    this.watched = new WatchedFile(path, WHAT);
  }

  /**
   * The digest of the token that the file has now; white space around it does not count.
   *
   * @throws ConfigException if there is no token in it that a client could send
   */
  byte[] digest() {
    String token = new String(watched.current(), UTF_8).strip();
    if (token.isEmpty()) {
      throw ConfigException.inFile(path, "the file of a token is empty");
    }
    if (!isSendable(token)) {
      throw ConfigException.inFile(
          path,
          "the file of a token must have one line of at most "
              + MAX_LENGTH
              + " visible ASCII characters");
    }
    return digestOf(token);
  }

  /** False for what no file can have, so that it need not be looked at any further. */
  static boolean isSendable(String token) {
    return !token.isEmpty()
        && token.length() <= MAX_LENGTH
        && token.chars().allMatch(character -> character > ' ' && character <= '~');
  }

  /**
   * What tokens are compared by: how far two digests agree says nothing about how far the tokens
   * do.
   */
  static byte[] digestOf(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
