package io.silverback.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs of the page on pushing, as they are but for the address. */
final class PushingPage {
  private static final Path PAGE = Path.of("..", "docs", "pushing.md");

  private PushingPage() {}

  /** The one block of code of that language. */
  static String program(String language, String address) {
    try {
      Matcher found =
          Pattern.compile("(?s)```" + language + "\\n(.*?)```").matcher(Files.readString(PAGE));
      if (!found.find()) {
        throw new AssertionError("the page has no such program: language=" + language);
      }
      return found.group(1).replace("localhost:9091", address);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
