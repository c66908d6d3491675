package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.CapturedText;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.remotewrite.RelabelRule.Action;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of the labels of series before they are sent: each rule is applied to what those
 * before it left. Immutable and thread-safe.
 */
public record Relabeling(List<RelabelRule> rules) {
  public static final Relabeling NONE = new Relabeling(List.of());

  private static final int MAX_RULES = 100;

  public Relabeling {
    rules = List.copyOf(rules);
  }

  /** Says which key of a rule is wrong and why, for the operator who wrote it. */
  public static final class MalformedRelabelingException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String key;

    MalformedRelabelingException(String key, String reason) {
      super(reason, null, false, false);
      this.key = key;
    }

    /** Empty for the rule as a whole. */
    public String key() {
      return key;
    }
  }

  /** Collects the rules of a file, whose regular expressions share one limit. Not thread-safe. */
  public static final class Builder {
    private final List<RelabelRule> rules = new ArrayList<>();
    private long regexWeightLeft = SeriesSelector.MAX_REGEX_WEIGHT;

    /** Adds a rule. */
    public void add(RelabelText text) throws MalformedRelabelingException {
      if (rules.size() == MAX_RULES) {
        throw new MalformedRelabelingException("", "there are more rules than " + MAX_RULES);
      }
      rules.add(rule(text));
    }

    private RelabelRule rule(RelabelText text) throws MalformedRelabelingException {
      Action action = action(text.action());
      AnchoredRegex regex;
      try {
        regex = AnchoredRegex.compile(text.regex(), regexWeightLeft);
      } catch (MalformedSelectorException e) {
        throw new MalformedRelabelingException("regex", String.valueOf(e.getMessage()));
      }
      regexWeightLeft -= AnchoredRegex.weightOf(text.regex());
      CapturedText target = CaptureTemplate.parse(text.target(), regex);
      requireFitting(text, action, target);
      return new RelabelRule(
          action,
          text.sources(),
          text.separator(),
          regex,
          text.modulus(),
          target,
          CaptureTemplate.parse(text.replacement(), regex),
          text);
    }

    private static Action action(String name) throws MalformedRelabelingException {
      return Arrays.stream(Action.values())
          .filter(action -> action.name().equals(name.toUpperCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(
              () ->
                  new MalformedRelabelingException(
                      "action",
                      "expected replace, keep, drop, hashmod, labelmap, labeldrop or labelkeep"));
    }

    private static void requireFitting(RelabelText text, Action action, CapturedText target)
        throws MalformedRelabelingException {
      boolean setsTarget = action == Action.REPLACE || action == Action.HASHMOD;
      if (setsTarget && text.target().isEmpty()) {
        throw new MalformedRelabelingException("", text.action() + " needs target_label");
      }
      if (setsTarget
          && target.isConstant()
          && !NameValidation.LEGACY.isLabelName(target.expand(List.of()))) {
        throw new MalformedRelabelingException("target_label", "is no name of a label");
      }
      if (action == Action.HASHMOD && !target.isConstant()) {
        throw new MalformedRelabelingException("target_label", "must be a name for hashmod");
      }
      if ((action == Action.HASHMOD) != (text.modulus() > 0)) {
        throw new MalformedRelabelingException("modulus", "belongs to hashmod, and is 1 or more");
      }
      boolean looksAtNames = action == Action.LABELDROP || action == Action.LABELKEEP;
      if (looksAtNames && !(text.sources().isEmpty() && text.target().isEmpty())) {
        throw new MalformedRelabelingException(
            "", text.action() + " takes regex alone, which names labels");
      }
    }

    /** The rules so far, which another target need not share. */
    public Relabeling build() {
      var built = new Relabeling(rules);
      rules.clear();
      return built;
    }
  }

  /** Changes the labels; false if the series is not to be sent. */
  boolean apply(SeriesLabels labels) {
    for (RelabelRule rule : rules) {
      if (!rule.apply(labels)) {
        return false;
      }
    }
    return true;
  }
}
