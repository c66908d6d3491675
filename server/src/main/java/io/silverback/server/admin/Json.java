package io.silverback.server.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value that a server sent, of which nothing is sure: what is missing or of another kind
 * reads as empty, 0 or false. Immutable.
 *
 * @param text of a string, a number or a boolean
 */
record Json(Map<String, Json> fields, List<Json> elements, String text) {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build())
          .build();

  private static final Json NOTHING = new Json(Map.of(), List.of(), "");

  /**
   * The one value that the text is.
   *
   * @throws IOException if it is not valid JSON, or nested deeper than any answer is
   */
  static Json parse(byte[] text) throws IOException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      Json value = read(parser);
      if (parser.nextToken() != null) {
        throw new IOException("more than one value");
      }
      return value;
    }
  }

  private static Json read(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      var fields = new LinkedHashMap<String, Json>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        fields.put(name, read(parser));
      }
      return new Json(fields, List.of(), "");
    }
    if (token == JsonToken.START_ARRAY) {
      var elements = new ArrayList<Json>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(read(parser));
      }
      return new Json(Map.of(), elements, "");
    }
    if (token == null) {
      throw new IOException("cut off");
    }
    return new Json(Map.of(), List.of(), token == JsonToken.VALUE_NULL ? "" : parser.getText());
  }

  /** What a field has, and a field of that, and so on. */
  Json at(String... path) {
    Json value = this;
    for (String name : path) {
      value = value.fields.getOrDefault(name, NOTHING);
    }
    return value;
  }

  boolean isTrue() {
    return text.equals("true");
  }

  long number() {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  /** The texts of a list. */
  List<String> texts() {
    return elements.stream().map(Json::text).toList();
  }
}
