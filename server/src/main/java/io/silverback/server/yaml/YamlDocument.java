package io.silverback.server.yaml;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.silverback.server.yaml.YamlValue.Items;
import io.silverback.server.yaml.YamlValue.Kind;
import io.silverback.server.yaml.YamlValue.Mapping;
import io.silverback.server.yaml.YamlValue.Nothing;
import io.silverback.server.yaml.YamlValue.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Turns the bytes of a YAML file into {@link YamlValue}s. Nesting is bounded by the parser. */
public final class YamlDocument {
  private static final YAMLFactory FACTORY = new YAMLFactory();

  private final Path file;
  private final YAMLParser parser;

  private YamlDocument(Path file, YAMLParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /**
   * Reads the first document of the file; the others are ignored.
   *
   * @throws ConfigException if the bytes are no YAML
   */
  public static YamlValue read(Path file, byte[] content) {
    try (YAMLParser parser = FACTORY.createParser(content)) {
      // upstream: the Go library stops after the first document, too.
      return parser.nextToken() == null
          ? new Nothing(1)
          : new YamlDocument(file, parser).readValue("document");
    } catch (JsonProcessingException e) {
      throw ConfigException.inLine(
          file, lineOf(e, content), "document", "not valid YAML" + reason(e));
    } catch (IOException e) {
      throw ConfigException.inFile(file, "not valid YAML text");
    }
  }

  /**
   * The parser's own message quotes the file, secrets and all, so only its bare problem is taken.
   */
  private static String reason(JsonProcessingException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYAMLException marked && marked.getProblem() != null) {
        return ", " + marked.getProblem();
      }
    }
    return "";
  }

  /** The line of the problem; Jackson itself tells where the last good part ended. */
  private static int lineOf(JsonProcessingException failure, byte[] content) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
        // What is missing at the end is told in the last line, and not after it.
        int lines = (int) new String(content, StandardCharsets.UTF_8).lines().count();
        return Math.clamp(marked.getProblemMark().getLine() + 1, 1, Math.max(1, lines));
      }
    }
    return Optional.ofNullable(failure.getLocation()).map(at -> at.getLineNr()).orElse(0);
  }

  private YamlValue readValue(String key) throws IOException {
    int line = line();
    if (parser.isCurrentAlias()) {
      throw ConfigException.inLine(file, line, key, "aliases are not supported");
    }
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> readMapping(line);
      case START_ARRAY -> readItems(key, line);
      case VALUE_NULL -> new Nothing(line);
      case VALUE_STRING -> new Text(parser.getText(), Kind.STRING, line);
      case VALUE_NUMBER_INT -> new Text(parser.getText(), Kind.INTEGER, line);
      case VALUE_NUMBER_FLOAT -> new Text(parser.getText(), Kind.FLOAT, line);
      case VALUE_TRUE, VALUE_FALSE -> new Text(parser.getText(), Kind.FLAG, line);
      case VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME ->
          throw ConfigException.inLine(file, line, key, "unsupported kind of value");
    };
  }

  private Mapping readMapping(int line) throws IOException {
    Map<String, YamlValue> entries = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      int keyLine = line();
      parser.nextToken();
      if (entries.put(key, readValue(key)) != null) {
        throw ConfigException.inLine(file, keyLine, key, "key stands twice");
      }
    }
    return new Mapping(entries, line);
  }

  private Items readItems(String key, int line) throws IOException {
    List<YamlValue> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(readValue(key));
    }
    return new Items(items, line);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }
}
