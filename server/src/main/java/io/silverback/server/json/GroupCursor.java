package io.silverback.server.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.Base64;

/**
 * A place between two groups of a list, as a word that needs no escapes in a URL. Clients hand it
 * back as they got it.
 *
 * <p>The word is base64 of the labels of a grouping key: each name and each value as its length in
 * characters, a colon and the text.
 */
public final class GroupCursor {
  private GroupCursor() {}

  /** The place after the group of that key, which need not exist. */
  public static String after(GroupingKey key) {
    Labels labels = key.labels();
    var texts = new StringBuilder();
    for (int i = 0; i < labels.size(); i++) {
      append(labels.name(i), texts);
      append(labels.value(i), texts);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(texts.toString().getBytes(UTF_8));
  }

  private static void append(String text, StringBuilder texts) {
    texts.append(text.length()).append(':').append(text);
  }

  /**
   * The key that the place is after.
   *
   * @param parameter that the cursor came in
   * @throws BadParameterException if it is not a cursor
   */
  public static GroupingKey read(String parameter, String cursor) {
    try {
      String texts = new String(Base64.getUrlDecoder().decode(cursor), UTF_8);
      var labels = new Labels.Builder();
      int at = 0;
      while (at < texts.length()) {
        int nameStart = texts.indexOf(':', at) + 1;
        int nameEnd = nameStart + length(texts, at, nameStart);
        int valueStart = texts.indexOf(':', nameEnd) + 1;
        int valueEnd = valueStart + length(texts, nameEnd, valueStart);
        labels.add(texts.substring(nameStart, nameEnd), texts.substring(valueStart, valueEnd));
        at = valueEnd;
      }
      return new GroupingKey(labels.build());
    } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
      throw BadParameterException.of(parameter, "must be the \"next\" of an earlier answer");
    }
  }

  /** The number between two places, without the colon at its end. */
  private static int length(String texts, int start, int end) {
    return Integer.parseUnsignedInt(texts, start, end - 1, 10);
  }
}
