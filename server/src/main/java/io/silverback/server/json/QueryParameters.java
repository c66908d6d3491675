package io.silverback.server.json;

import io.silverback.codec.exposition.GoQuote;
import io.silverback.server.http.PercentEncoding;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The decoded parameters after the question mark of a URL. */
public final class QueryParameters {
  private final Map<String, List<String>> values;

  private QueryParameters(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * The parameters that the text, which is still encoded, says.
   *
   * @throws BadParameterException if an escape is broken, or a semicolon stands where some servers
   *     would see another parameter
   */
  public static QueryParameters parse(String raw) {
    var values = new HashMap<String, List<String>>();
    int start = 0;
    while (start < raw.length()) {
      int end = raw.indexOf('&', start);
      end = end < 0 ? raw.length() : end;
      if (end > start) {
        add(raw.substring(start, end), values);
      }
      start = end + 1;
    }
    return new QueryParameters(values);
  }

  private static void add(String pair, Map<String, List<String>> values) {
    // upstream: Go's url.ParseQuery refuses it, and Prometheus passes that on.
    if (pair.indexOf(';') >= 0) {
      throw new BadParameterException(
          "error parsing form values: invalid semicolon separator in query");
    }
    int equals = pair.indexOf('=');
    String name = decode(equals < 0 ? pair : pair.substring(0, equals));
    String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
    values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
  }

  private static String decode(String raw) {
    return PercentEncoding.decode(raw.replace('+', ' '))
        .orElseThrow(
            () ->
                new BadParameterException(
                    "error parsing form values: invalid URL escape in " + GoQuote.quote(raw)));
  }

  /** These parameters, and after them those of another text; for each name, too. */
  public QueryParameters and(QueryParameters others) {
    var joined = new HashMap<String, List<String>>();
    for (QueryParameters each : List.of(this, others)) {
      each.values.forEach(
          (name, more) -> joined.computeIfAbsent(name, _ -> new ArrayList<>()).addAll(more));
    }
    return new QueryParameters(joined);
  }

  /** The names that were given. */
  public Set<String> names() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /** All values of that name, in their order. */
  public List<String> all(String name) {
    return List.copyOf(values.getOrDefault(name, List.of()));
  }

  /**
   * The same of a parameter whose values are selectors.
   *
   * @throws OverLimitException if there are more than that
   */
  public List<String> selectors(String name, int most) throws OverLimitException {
    List<String> selectors = all(name);
    if (selectors.size() > most) {
      throw OverLimitException.tooMuch(
          RequestLimit.SELECTORS,
          "too many selectors, join some with =~ or raise --limits.max-selectors: selectors="
              + selectors.size()
              + " limit="
              + most);
    }
    return selectors;
  }

  /** The first value of that name, if it is not empty. */
  public Optional<String> first(String name) {
    return values.getOrDefault(name, List.of()).stream()
        .findFirst()
        .filter(value -> !value.isEmpty());
  }
}
