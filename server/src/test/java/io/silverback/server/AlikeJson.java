package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.regex.Pattern;

/** Compares an answer with the example of a page, whose values are examples. */
public final class AlikeJson {
  /** The name of a field that is there for any others. */
  private static final String MORE = "...";

  private static final Pattern WORD =
      Pattern.compile("node-[0-9]|none|leadership|all|success|error");

  private AlikeJson() {}

  /**
   * The fields have to be those of the example, in their order, with values of the same kinds; a
   * boolean, and a text that is a word of the API, has to be the same.
   */
  public static void assertAlike(JsonNode wanted, JsonNode found, String place) {
    assertEquals(wanted.getNodeType(), found.getNodeType(), place);
    if (wanted.isObject()) {
      var wantedNames = new ArrayList<String>();
      wanted.fieldNames().forEachRemaining(wantedNames::add);
      var names = new ArrayList<String>();
      found.fieldNames().forEachRemaining(names::add);
      if (wantedNames.remove(MORE)) {
        assertTrue(names.size() > wantedNames.size(), place + names);
        names.retainAll(wantedNames);
      }
      assertEquals(wantedNames, names, place);
      names.forEach(name -> assertAlike(wanted.path(name), found.path(name), place + "/" + name));
    } else if (wanted.isArray()) {
      assertEquals(wanted.isEmpty(), found.isEmpty(), place + found);
      // The first one: of the others some have more to say.
      assertAlike(wanted.path(0), found.path(0), place + "/0");
    } else if (wanted.isBoolean()) {
      assertEquals(wanted, found, place);
    } else if (wanted.isTextual() && WORD.matcher(wanted.asText()).matches()) {
      assertTrue(WORD.matcher(found.asText()).matches(), place + " " + found);
    }
  }
}
