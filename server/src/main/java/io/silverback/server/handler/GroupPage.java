package io.silverback.server.handler;

import io.silverback.codec.exposition.GoQuote;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.GroupCursor;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.storage.ListedGroup;
import java.util.List;
import java.util.Optional;

/**
 * Which of the groups a request for {@code /api/v1/metrics} is about.
 *
 * @param stale only those that are, or are not; empty for both
 * @param most how many of them
 * @param after the group before the first of them
 */
record GroupPage(Optional<Boolean> stale, int most, Optional<GroupingKey> after) {
  private static final String STALE = "stale";
  private static final String LIMIT = "limit";
  private static final String AFTER = "after";

  /**
   * What the parameters ask for; all groups without any. Others are ignored, as upstream ignores
   * all.
   *
   * @throws BadParameterException if one has a bad value
   */
  static GroupPage read(QueryParameters parameters) {
    return new GroupPage(
        only(parameters, STALE).map(GroupPage::yesOrNo),
        only(parameters, LIMIT).map(GroupPage::limit).orElse(Integer.MAX_VALUE),
        only(parameters, AFTER).map(cursor -> GroupCursor.read(AFTER, cursor)));
  }

  boolean shows(ListedGroup group) {
    return stale.isEmpty() || stale.get() == group.bounds().isStale();
  }

  private static Optional<String> only(QueryParameters parameters, String name) {
    List<String> values = parameters.all(name);
    if (values.size() > 1) {
      throw BadParameterException.of(name, "must be given once");
    }
    return values.stream().findFirst();
  }

  private static boolean yesOrNo(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw BadParameterException.of(
              STALE, "must be true or false: value=" + GoQuote.quote(text));
    };
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a number that is too small.
    }
    throw BadParameterException.of(
        LIMIT,
        "must be a number from 1 to " + Integer.MAX_VALUE + ": value=" + GoQuote.quote(text));
  }
}
