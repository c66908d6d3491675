package io.silverback.server.group.select;

import io.silverback.codec.exposition.GoQuote;

/**
 * A condition on the value of one label. The name of a metric is the value of {@link #NAME}, and a
 * label that is absent has the empty value.
 */
public sealed interface LabelMatcher {
  String NAME = "__name__";

  String label();

  boolean matches(String value);

  /** As it is written between the braces of a selector. */
  String text();

  /** {@code label="value"}. */
  record Equal(String label, String value) implements LabelMatcher {
    @Override
    public boolean matches(String other) {
      return value.equals(other);
    }

    @Override
    public String text() {
      return GoQuote.quote(label) + "=" + GoQuote.quote(value);
    }
  }

  /** {@code label!="value"}. */
  record NotEqual(String label, String value) implements LabelMatcher {
    @Override
    public boolean matches(String other) {
      return !value.equals(other);
    }

    @Override
    public String text() {
      return GoQuote.quote(label) + "!=" + GoQuote.quote(value);
    }
  }

  /** {@code label=~"regex"}. */
  record Like(String label, AnchoredRegex regex) implements LabelMatcher {
    @Override
    public boolean matches(String value) {
      return regex.matches(value);
    }

    @Override
    public String text() {
      return GoQuote.quote(label) + "=~" + GoQuote.quote(regex.toString());
    }
  }

  /** {@code label!~"regex"}. */
  record NotLike(String label, AnchoredRegex regex) implements LabelMatcher {
    @Override
    public boolean matches(String value) {
      return !regex.matches(value);
    }

    @Override
    public String text() {
      return GoQuote.quote(label) + "!~" + GoQuote.quote(regex.toString());
    }
  }
}
