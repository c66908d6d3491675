package io.silverback.codec.gorilla;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Samples and the chunks that a real Prometheus made of them: {@code prometheus_chunks.py}. */
final class PrometheusChunks {
  record Sample(long timeMillis, long valueBits) {
    @Override
    public String toString() {
      return timeMillis + " " + HexFormat.of().toHexDigits(valueBits);
    }
  }

  record Series(String name, List<Sample> samples, List<byte[]> chunks) {}

  private PrometheusChunks() {}

  static List<Series> all() {
    var all = new ArrayList<Series>();
    for (String line : lines()) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "series" -> all.add(new Series(words[1], new ArrayList<>(), new ArrayList<>()));
        case "sample" -> all.getLast().samples().add(sample(words[1], words[2]));
        case "chunk" -> all.getLast().chunks().add(HexFormat.of().parseHex(words[1]));
        case "#" -> {}
        default -> throw new IllegalStateException("not a line of the fixture: line=" + line);
      }
    }
    return all;
  }

  private static Sample sample(String millis, String bits) {
    return new Sample(Long.parseLong(millis), HexFormat.fromHexDigitsToLong(bits));
  }

  private static List<String> lines() {
    var resource = PrometheusChunks.class.getResourceAsStream("prometheus-chunks.txt");
    Objects.requireNonNull(resource, "prometheus-chunks.txt is missing");
    try (var reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
