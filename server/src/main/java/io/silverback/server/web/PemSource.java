package io.silverback.server.web;

import java.nio.file.Path;

/** Where a certificate or a key in PEM form comes from. Printed without its text. */
public sealed interface PemSource {

  /** True if the configuration names a source. */
  default boolean isPresent() {
    return !(this instanceof Absent);
  }

  /** The configuration names none. */
  record Absent() implements PemSource {}

  /** The text is in the configuration. */
  record Inline(String pem) implements PemSource {
    @Override
    public String toString() {
      return "Inline[]";
    }
  }

  /** The text is in a file of its own. */
  record InFile(Path file) implements PemSource {}
}
