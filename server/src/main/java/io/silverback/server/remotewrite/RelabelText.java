package io.silverback.server.remotewrite;

import java.util.List;

/**
 * A relabeling rule as it is written, with Prometheus' defaults where nothing is.
 *
 * @param action in lower case
 * @param modulus 0 if none is written
 */
public record RelabelText(
    String action,
    List<String> sources,
    String separator,
    String regex,
    long modulus,
    String target,
    String replacement) {
  public static final String USUAL_ACTION = "replace";
  public static final String USUAL_SEPARATOR = ";";
  public static final String USUAL_REGEX = "(.*)";
  public static final String USUAL_REPLACEMENT = "$1";

  public RelabelText {
    sources = List.copyOf(sources);
  }
}
