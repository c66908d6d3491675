package io.silverback.server.kubernetes;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The chart below {@code docs}, as Helm renders it for a release called silverback. */
final class Chart implements AutoCloseable {
  static final Path KUBERNETES = Path.of("..", "docs", "kubernetes");
  private static final Path SOURCE = KUBERNETES.resolve("chart");
  private static final YAMLMapper YAML = new YAMLMapper();

  private final Path folder;
  private final Helm helm;
  private final Map<String, String> rendered = new HashMap<>();

  /** The chart for a Kubernetes that has nothing of it yet. */
  Chart(Path folder) throws IOException {
    this(folder, "dict");
  }

  /**
   * Takes a copy of the chart. The library takes every Kubernetes for an old one, so the copy does
   * not say which one it needs; and it asks one where {@code helm template} asks none, so the
   * answer is put into the copy.
   *
   * @param found the Secret of the cluster, as an expression of a template
   */
  Chart(Path folder, String found) throws IOException {
    this.folder = folder;
    Path copy = folder.resolve("silverback");
    try (Stream<Path> files = Files.walk(SOURCE)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(SOURCE.relativize(file).toString()));
      }
    }
    Path about = copy.resolve("Chart.yaml");
    List<String> lines =
        Files.readAllLines(about).stream().filter(line -> !line.startsWith("kubeVersion")).toList();
    Files.write(about, lines);
    Path secrets = copy.resolve("templates").resolve("secrets.yaml");
    String asks = "lookup \"v1\" \"Secret\" $namespace $name";
    String text = Files.readString(secrets);
    assertTrue(text.contains(asks));
    Files.writeString(secrets, text.replace(asks, found));
    helm = new Helm(copy);
  }

  /** What Helm has to say about the chart; empty if all is well. */
  List<String> faults() {
    return helm.lint();
  }

  /** All objects as text, with the values of a file. */
  String text(Path values) {
    return helm.template("silverback", values);
  }

  /** All objects, with values in YAML. */
  List<JsonNode> objects(String values) throws IOException {
    String text = rendered.get(values);
    if (text == null) {
      text = text(Files.writeString(folder.resolve("values.yaml"), values));
      rendered.put(values, text);
    }
    return parsed(text);
  }

  /** The only object of a kind and of a name. */
  JsonNode object(String values, String kind, String name) throws IOException {
    List<JsonNode> found =
        objects(values).stream()
            .filter(object -> object.path("kind").asText().equals(kind))
            .filter(object -> object.at("/metadata/name").asText().equals(name))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError("not one " + kind + " of the name " + name + ": " + found);
    }
    return found.getFirst();
  }

  /** The pods that the values make. */
  JsonNode pod(String values) throws IOException {
    return object(values, "StatefulSet", "silverback").at("/spec/template/spec");
  }

  @Override
  public void close() throws IOException {
    helm.close();
  }

  private static List<JsonNode> parsed(String text) throws IOException {
    try (MappingIterator<JsonNode> objects = YAML.readerFor(JsonNode.class).readValues(text)) {
      return objects.readAll().stream().filter(JsonNode::isObject).toList();
    }
  }
}
