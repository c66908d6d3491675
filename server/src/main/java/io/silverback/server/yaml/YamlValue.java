package io.silverback.server.yaml;

import java.util.List;
import java.util.Map;

/** A node of a YAML document that remembers its line, counted from 1. Printed without its text. */
public sealed interface YamlValue {

  int line();

  /** What is said by saying nothing, {@code ~} or {@code null}. */
  record Nothing(int line) implements YamlValue {}

  /** One scalar. */
  record Text(String text, Kind kind, int line) implements YamlValue {
    @Override
    public String toString() {
      return "Text[kind=" + kind + ", line=" + line + "]";
    }
  }

  /** A sequence. */
  record Items(List<YamlValue> items, int line) implements YamlValue {}

  /** A mapping in the order of the document; no key twice. */
  record Mapping(Map<String, YamlValue> entries, int line) implements YamlValue {}

  /** How YAML reads a scalar. */
  enum Kind {
    STRING,
    INTEGER,
    FLOAT,
    FLAG
  }
}
