package io.silverback.server.yaml;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** What is wrong with a file, in the order in which it was found. Not thread-safe. */
public final class Faults {
  private final List<String> messages = new ArrayList<>();

  public void add(ConfigException fault) {
    messages.add(fault.getMessage());
  }

  /** What the reader gives, or the other value if it meets a fault. */
  public <T> T attempt(T otherwise, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (ConfigException fault) {
      add(fault);
      return otherwise;
    }
  }

  /** True if one was found since there were that many. */
  public boolean areMoreThan(int count) {
    return messages.size() > count;
  }

  public int count() {
    return messages.size();
  }

  /** Adds one for each key that is not known. */
  public void addUnknownKeys(YamlSection section, Set<String> known) {
    for (String key : section.keys()) {
      if (!known.contains(key)) {
        add(section.fault(key, "unknown key"));
      }
    }
  }

  public List<String> messages() {
    return List.copyOf(messages);
  }
}
