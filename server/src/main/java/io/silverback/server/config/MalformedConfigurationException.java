package io.silverback.server.config;

import java.util.List;

/** Says all that is wrong with a configuration file, each with file, line, key and reason. */
public final class MalformedConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // Nobody writes it; the list can be written anyway.
  private final List<String> problems;

  /** There must be one problem at least. */
  public MalformedConfigurationException(List<String> problems) {
    super(firstOf(problems));
    this.problems = List.copyOf(problems);
  }

  /** One line each. */
  public List<String> problems() {
    return problems;
  }

  private static String firstOf(List<String> problems) {
    int others = problems.size() - 1;
    return problems.getFirst()
        + (others == 0 ? "" : " (and " + others + " more, see silverback check-config)");
  }
}
