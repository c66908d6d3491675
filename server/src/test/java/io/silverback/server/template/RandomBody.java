package io.silverback.server.template;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A body in the text format, as clients of all kinds write them, whose numbers can be changed. */
final class RandomBody {
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "007",
    "1e3",
    "1E-3",
    "+4",
    "0.1",
    "123456.789",
    "9007199254740993",
    "1e308",
    "1e309",
    "-1",
    "NaN",
    "nan",
    "+Inf",
    "-inf",
    "0x10",
    "1_000",
    "1.5",
    "18446744073709551615",
    "",
    ".",
    "1.",
    ".5",
    "5e-324",
    "3 4",
    "1\r",
    "12345678901234567890123456789012345"
  };

  private final Random random;
  private final List<String> pieces = new ArrayList<>();
  private final StringBuilder piece = new StringBuilder();
  private final List<String> numbers = new ArrayList<>();

  RandomBody(Random random) {
    this.random = random;
    int families = 1 + random.nextInt(6);
    for (int family = 0; family < families; family++) {
      addFamily("f" + family);
    }
    if (random.nextInt(3) == 0) {
      piece.append("# the end").append(random.nextBoolean() ? "\n" : "");
    }
  }

  byte[] bytes() {
    return with(numbers);
  }

  /** The same body with other numbers, most of them well-formed. */
  byte[] revalued(boolean anySpelling) {
    List<String> others = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      others.add(anySpelling && random.nextInt(8) == 0 ? oneOf(NUMBERS) : number());
    }
    return with(others);
  }

  private byte[] with(List<String> values) {
    var text = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      text.append(pieces.get(i)).append(values.get(i)).append('\n');
    }
    return text.append(piece).toString().getBytes(StandardCharsets.UTF_8);
  }

  private void addFamily(String name) {
    if (random.nextInt(3) > 0) {
      piece.append("# HELP ").append(name).append(" what 1 is, and \\\\ is\n");
    }
    int type = random.nextInt(6);
    if (type > 0 || random.nextBoolean()) {
      String[] types = {"untyped", "counter", "gauge", "gauge", "summary", "histogram"};
      piece.append("# TYPE ").append(name).append(' ').append(types[type]).append('\n');
    }
    int metrics = 1 + random.nextInt(4);
    for (int metric = 0; metric < metrics; metric++) {
      String labels = "l=\"" + metric + oneOf("", " x", "}", "\\\"", "é", "=,") + "\"";
      switch (type) {
        case 4 -> {
          sample(name, labels + ",quantile=\"0.5\"");
          sample(name, "quantile=\"0.99\"," + labels);
          sample(name + "_sum", labels);
          sample(name + "_count", labels);
        }
        case 5 -> {
          sample(name + "_bucket", labels + ",le=\"1\"");
          sample(name + "_bucket", labels + ",le=\"+Inf\"");
          if (random.nextInt(4) > 0) {
            sample(name + "_sum", labels);
          }
          sample(name + "_count", labels);
        }
        default -> sample(name, random.nextInt(4) == 0 && metric == 0 ? "" : labels);
      }
      if (random.nextInt(6) == 0) {
        piece.append(oneOf("\n", "# a comment of 5\n", "  \n", "#\n"));
      }
    }
  }

  private void sample(String name, String labels) {
    piece.append(oneOf("", "", "", " ", "\t")).append(name);
    if (!labels.isEmpty() || random.nextInt(3) == 0) {
      piece.append('{').append(labels).append('}');
    }
    pieces.add(piece.append(oneOf(" ", " ", "  ", "\t")).toString());
    piece.setLength(0);
    numbers.add(number());
  }

  private String number() {
    return switch (random.nextInt(4)) {
      case 0 -> Integer.toString(random.nextInt(1000));
      case 1 -> Long.toString(random.nextLong() >>> 12);
      case 2 -> Double.toString(random.nextDouble() * 100);
      default -> Integer.toString(random.nextInt(5));
    };
  }

  private String oneOf(String... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
