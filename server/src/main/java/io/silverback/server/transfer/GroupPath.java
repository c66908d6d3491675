package io.silverback.server.transfer;

import io.silverback.codec.exposition.EscapingScheme;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/** A grouping key as the path of a push, from {@code /job} on. */
final class GroupPath {
  /** What no server and no proxy takes for anything else than a label value. */
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]*");

  private static final String BASE64_SUFFIX = "@base64";

  private GroupPath() {}

  static String of(GroupingKey key) {
    var path = new StringBuilder();
    append(GroupingKey.JOB, key.job(), path);
    Labels labels = key.labels();
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.name(i).equals(GroupingKey.JOB)) {
        append(EscapingScheme.VALUES.escape(labels.name(i)), labels.value(i), path);
      }
    }
    return path.toString();
  }

  private static void append(String name, String value, StringBuilder path) {
    path.append('/').append(name);
    if (PLAIN.matcher(value).matches()) {
      path.append('/').append(value);
    } else {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      // An empty value needs a character that means nothing.
      path.append(BASE64_SUFFIX + "/")
          .append(bytes.length == 0 ? "=" : Base64.getUrlEncoder().encodeToString(bytes));
    }
  }
}
