package io.silverback.codec.exposition;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.MetricFamily;
import java.util.List;

/** Short words for parsing and rendering text in tests. */
final class Expositions {
  private Expositions() {}

  static ParsedExposition parse(NameValidation names, byte[] body) {
    return new TextParser(names).parse(body, body.length);
  }

  static List<MetricFamily> families(String body) {
    return parse(NameValidation.UTF8, body.getBytes(UTF_8)).families();
  }

  /** One byte for each character, for bodies that are not UTF-8. */
  static byte[] bytes(String latin1) {
    return latin1.getBytes(ISO_8859_1);
  }

  static String render(List<MetricFamily> families) {
    var out = new ExpositionBuffer(16);
    var renderer = new TextRenderer();
    families.forEach(family -> renderer.render(family, out));
    return out.toString();
  }

  /** What is exposed of a body that was pushed. */
  static String normalised(String body) {
    return render(families(body));
  }
}
