package io.silverback.server.flags;

import io.silverback.server.yaml.GoDuration;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The texts that all flags were set to, and the values that they stand for. Immutable. */
final class FlagValues {
  private final Map<String, List<String>> texts;

  /**
   * Takes the texts of all flags.
   *
   * @param texts by the names of the flags, one at least for each
   */
  FlagValues(Map<String, List<String>> texts) {
    this.texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
  }

  /**
   * The value of a flag, the last one if it was repeated.
   *
   * @throws StartUpException if the text is refused
   */
  <T> T get(Flag<T> flag) {
    return flag.read(text(flag));
  }

  /** All values of a flag that may be repeated. */
  <T> List<T> all(Flag<T> flag) {
    return texts(flag).stream().map(flag::read).toList();
  }

  String text(Flag<?> flag) {
    return texts(flag).getLast();
  }

  List<String> texts(Flag<?> flag) {
    List<String> given = texts.get(flag.name());
    if (given == null) {
      throw new IllegalArgumentException("not in the table of flags: flag=" + flag.name());
    }
    return given;
  }

  /** For the status page: durations as upstream prints them, the others as they were given. */
  Map<String, String> shown() {
    var shown = new LinkedHashMap<String, String>();
    Flags.TABLE.forEach(flag -> shown.put(flag.name(), shown(flag)));
    return shown;
  }

  private String shown(Flag<?> flag) {
    return flag.kind() == Flag.Kind.SINGLE && get(flag) instanceof Duration duration
        ? GoDuration.format(duration)
        : String.join(",", texts(flag));
  }

  /** The names of the flags that have another text than the default. */
  Set<String> changed() {
    return Flags.TABLE.stream()
        .filter(flag -> !texts(flag).equals(List.of(flag.standard())))
        .map(Flag::name)
        .collect(Collectors.toSet());
  }

  /** The texts of the flags that need a restart to change. */
  Map<String, List<String>> fixed() {
    var fixed = new LinkedHashMap<String, List<String>>();
    for (Flag<?> flag : Flags.TABLE) {
      if (!flag.isLive()) {
        fixed.put(flag.name(), texts(flag));
      }
    }
    return fixed;
  }
}
