package io.silverback.server.group.select;

import io.silverback.codec.model.GroupingKey;
import java.util.List;

/**
 * The groups whose grouping labels fulfil all of some conditions; what is in a group does not
 * count.
 *
 * <p>A grouping label that is absent has the empty value, as one that is there and empty. Immutable
 * and thread-safe.
 */
public record GroupSelector(List<LabelMatcher> matchers) {
  public GroupSelector {
    matchers = List.copyOf(matchers);
  }

  /**
   * Reads the selectors of one request, whose regular expressions share one limit, such as {@code
   * {job="x",instance=~"a.*"}}.
   *
   * @throws MalformedSelectorException if one is not valid, names a metric, or has no condition
   *     that a group without labels would fail, so that it would mean every group there is
   */
  public static List<GroupSelector> parse(List<String> texts) {
    var reader = new Reader();
    return texts.stream().map(text -> checked(reader.read(text))).toList();
  }

  /** Reads selectors whose regular expressions share one limit, and that may mean every group. */
  public static final class Reader {
    private long regexWeight = SeriesSelector.MAX_REGEX_WEIGHT;

    /**
     * Reads the next one.
     *
     * @throws MalformedSelectorException if it is not valid, or names a metric
     */
    public GroupSelector read(String text) {
      var parser = new SelectorParser(text, regexWeight);
      List<LabelMatcher> matchers = parser.readMatchers();
      if (matchers.stream().anyMatch(matcher -> matcher.label().equals(LabelMatcher.NAME))) {
        throw new MalformedSelectorException(
            "groups are selected by their grouping labels only, leave out the metric name: such as"
                + " {job=\"x\"}");
      }
      regexWeight = parser.regexWeightLeft();
      return new GroupSelector(matchers);
    }
  }

  private static GroupSelector checked(GroupSelector selector) {
    if (selector.matchers().stream().allMatch(matcher -> matcher.matches(""))) {
      throw new MalformedSelectorException(
          "selector must contain at least one non-empty matcher, to delete all groups use"
              + " /api/v1/admin/wipe");
    }
    return selector;
  }

  /** True if the group of that key is meant. */
  public boolean matches(GroupingKey key) {
    for (LabelMatcher matcher : matchers) {
      if (!matcher.matches(key.labels().value(matcher.label()).orElse(""))) {
        return false;
      }
    }
    return true;
  }
}
