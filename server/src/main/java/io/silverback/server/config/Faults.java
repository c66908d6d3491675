package io.silverback.server.config;

import io.silverback.server.yaml.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What is wrong with a file, in the order in which it was found. Not thread-safe. */
final class Faults {
  private final List<String> messages = new ArrayList<>();

  void add(ConfigException fault) {
    messages.add(fault.getMessage());
  }

  /** What the reader gives, or the other value if it meets a fault. */
  <T> T attempt(T otherwise, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (ConfigException fault) {
      add(fault);
      return otherwise;
    }
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  List<String> messages() {
    return List.copyOf(messages);
  }
}
