package io.silverback.server.remotewrite;

import io.silverback.server.log.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A text that nobody is to see: given in the configuration, or in a file that is read each time, so
 * that it may change without a reload.
 */
public record Secret(String text, Optional<Path> file) {
  private static final int MOST_BYTES = 64 * 1024;

  public static Secret of(String text) {
    return new Secret(text, Optional.empty());
  }

  public static Secret in(Path file) {
    return new Secret("", Optional.of(file));
  }

  /**
   * The text, of a file without the white space around it.
   *
   * @throws IOException if the file cannot be read; says which
   */
  String read() throws IOException {
    if (file.isEmpty()) {
      return text;
    }
    try (InputStream in = Files.newInputStream(file.get())) {
      return new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new IOException("cannot read " + file.get() + ": " + FileFailure.reason(e), e);
    }
  }

  @Override
  public String toString() {
    return file.map(Path::toString).orElse("<secret>");
  }
}
