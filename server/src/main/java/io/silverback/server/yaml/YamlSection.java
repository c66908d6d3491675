package io.silverback.server.yaml;

import io.silverback.server.yaml.YamlValue.Items;
import io.silverback.server.yaml.YamlValue.Kind;
import io.silverback.server.yaml.YamlValue.Mapping;
import io.silverback.server.yaml.YamlValue.Nothing;
import io.silverback.server.yaml.YamlValue.Text;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A mapping of the file whose keys are known beforehand. What is absent reads as empty; what is
 * unknown or of the wrong kind throws a {@link ConfigException} that says where.
 */
public final class YamlSection {
  private static final Set<String> TRUE = Set.of("true", "yes", "on", "y");
  private static final Set<String> FALSE = Set.of("false", "no", "off", "n");
  private static final int MAX_QUOTED_LENGTH = 60;

  private final Path file;
  private final String path;
  private final int line;
  private final Map<String, YamlValue> entries;

  private YamlSection(Path file, String path, int line, Map<String, YamlValue> entries) {
    this.file = file;
    this.path = path;
    this.line = line;
    this.entries = entries;
  }

  /** The whole file, whose keys are free. */
  public static YamlSection root(Path file, YamlValue value) {
    return free(file, "", value);
  }

  /** The whole file. */
  public static YamlSection root(Path file, YamlValue value, Set<String> known) {
    return open(file, "", value, known);
  }

  private static YamlSection free(Path file, String path, YamlValue value) {
    return new YamlSection(file, path, value.line(), mapping(file, path, value));
  }

  private static YamlSection open(Path file, String path, YamlValue value, Set<String> known) {
    Map<String, YamlValue> entries = mapping(file, path, value);
    var section = new YamlSection(file, path, value.line(), entries);
    for (var entry : entries.entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw section.fault(entry.getKey(), "unknown key");
      }
    }
    return section;
  }

  private static Map<String, YamlValue> mapping(Path file, String path, YamlValue value) {
    return switch (value) {
      case Mapping(var entries, var _) -> entries;
      case Nothing _ -> Map.of();
      case Text _, Items _ ->
          throw ConfigException.inLine(
              file, value.line(), path.isEmpty() ? "document" : path, "expected a mapping");
    };
  }

  public YamlSection section(String key, Set<String> known) {
    return open(file, path(key), value(key), known);
  }

  /** A mapping whose keys are free. */
  public YamlSection section(String key) {
    return free(file, path(key), value(key));
  }

  /** The keys that are there, in the order of the document. */
  public List<String> keys() {
    return List.copyOf(entries.keySet());
  }

  /** How many items the list has. */
  public int size(String key) {
    return items(key).size();
  }

  /** An item of the list, counted from 0, that is a mapping. */
  public YamlSection item(String key, int index, Set<String> known) {
    return open(file, path(key) + "[" + index + "]", items(key).get(index), known);
  }

  /** The same, whose keys are free. */
  public YamlSection item(String key, int index) {
    return free(file, path(key) + "[" + index + "]", items(key).get(index));
  }

  private List<YamlValue> items(String key) {
    return switch (value(key)) {
      case Nothing _ -> List.of();
      case Items(var items, var _) -> items;
      case Text _, Mapping _ -> throw fault(key, "expected a list");
    };
  }

  /** The texts of a mapping whose keys are free. */
  public Map<String, Text> texts(String key) {
    Map<String, Text> texts = new LinkedHashMap<>();
    mapping(file, path(key), value(key))
        .forEach((name, value) -> texts.put(name, toText(path(key) + "." + name, value)));
    return texts;
  }

  public List<Text> list(String key) {
    return items(key).stream().map(item -> toText(path(key), item)).toList();
  }

  /** The texts of a list, or the one text in its place. */
  public List<Text> oneOrList(String key) {
    return value(key) instanceof Items ? list(key) : List.of(located(key));
  }

  public boolean has(String key) {
    return !(value(key) instanceof Nothing);
  }

  public String text(String key) {
    return toText(path(key), value(key)).text();
  }

  public boolean flag(String key, boolean fallback) {
    Optional<Text> text = scalar(key);
    if (text.isEmpty()) {
      return fallback;
    }
    // upstream: the Go library reads YAML 1.1, where yes and on are flags.
    String word = text.get().text().toLowerCase(Locale.ROOT);
    if (!TRUE.contains(word) && !FALSE.contains(word)) {
      throw fault(key, "expected true or false");
    }
    return TRUE.contains(word);
  }

  /** A number from 0 on. */
  public int count(String key) {
    Optional<Text> text = scalar(key);
    if (text.isEmpty()) {
      return 0;
    }
    if (text.get().kind() != Kind.INTEGER) {
      throw fault(key, "expected a whole number");
    }
    try {
      int count = Integer.parseInt(text.get().text());
      if (count >= 0) {
        return count;
      }
    } catch (NumberFormatException e) {
      throw fault(key, "expected a whole number below 2147483648");
    }
    throw fault(key, "must not be negative");
  }

  /** A duration from 0 on. */
  public Duration duration(String key) {
    Optional<Text> text = scalar(key);
    if (text.isEmpty()) {
      return Duration.ZERO;
    }
    // upstream: a bare number is a count of nanoseconds.
    String suffix = text.get().kind() == Kind.INTEGER ? "ns" : "";
    Duration duration =
        GoDuration.parse(text.get().text() + suffix)
            .orElseThrow(() -> fault(key, "expected a duration such as 1m30s"));
    if (duration.isNegative()) {
      throw fault(key, "must not be negative");
    }
    return duration;
  }

  /** What to throw for a key of this section, or for the section itself if the key is empty. */
  public ConfigException fault(String key, String problem) {
    int at = entries.containsKey(key) ? value(key).line() : line;
    return ConfigException.inLine(file, at, key.isEmpty() ? path : path(key), problem);
  }

  /** As {@link #fault(String, String)}, and quotes a value that is no secret. */
  public ConfigException fault(String key, String problem, Text value) {
    String text = value.text();
    String shown =
        text.length() > MAX_QUOTED_LENGTH ? text.substring(0, MAX_QUOTED_LENGTH) + "..." : text;
    return ConfigException.inLine(
        file,
        value.line(),
        path(key),
        problem + " \"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"");
  }

  /** The text of a key, with its line. */
  public Text located(String key) {
    return toText(path(key), value(key));
  }

  private Optional<Text> scalar(String key) {
    return has(key) ? Optional.of(toText(path(key), value(key))) : Optional.empty();
  }

  private Text toText(String path, YamlValue value) {
    return switch (value) {
      case Text text -> text;
      case Nothing(var at) -> new Text("", Kind.STRING, at);
      case Items _, Mapping _ ->
          throw ConfigException.inLine(file, value.line(), path, "expected a single value");
    };
  }

  private YamlValue value(String key) {
    return entries.getOrDefault(key, new Nothing(line));
  }

  private String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
