package io.silverback.server.group.rules;

/** Says which part of a rule is wrong and why, for the operator who wrote it. */
public final class MalformedRuleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String part;

  MalformedRuleException(String part, String reason) {
    super(reason, null, false, false);
    this.part = part;
  }

  /** The key of the rule that holds what is wrong, such as {@code regex}; empty for all of it. */
  public String part() {
    return part;
  }
}
