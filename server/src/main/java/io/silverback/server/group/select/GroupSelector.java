package io.silverback.server.group.select;

import io.silverback.codec.model.GroupingKey;
import java.util.ArrayList;
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
    var selectors = new ArrayList<GroupSelector>(texts.size());
    long regexWeight = SeriesSelector.MAX_REGEX_WEIGHT;
    for (String text : texts) {
      var parser = new SelectorParser(text, regexWeight);
      selectors.add(checked(parser.readMatchers()));
      regexWeight = parser.regexWeightLeft();
    }
    return List.copyOf(selectors);
  }

  private static GroupSelector checked(List<LabelMatcher> matchers) {
    if (matchers.stream().anyMatch(matcher -> matcher.label().equals(LabelMatcher.NAME))) {
      throw new MalformedSelectorException(
          "groups are selected by their grouping labels only, leave out the metric name: such as"
              + " {job=\"x\"}");
    }
    if (matchers.stream().allMatch(matcher -> matcher.matches(""))) {
      throw new MalformedSelectorException(
          "selector must contain at least one non-empty matcher, to delete all groups use"
              + " /api/v1/admin/wipe");
    }
    return new GroupSelector(matchers);
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
