package io.silverback.codec.exposition;

/**
 * The format of a scrape's answer.
 *
 * @param escaping what happens to names that are not legacy names
 */
public record ExpositionFormat(Encoding encoding, EscapingScheme escaping) {

  /** How metric families become bytes. */
  public enum Encoding {
    TEXT("text/plain; version=0.0.4; charset=utf-8"),
    PROTOBUF_DELIMITED(Encoding.PROTOBUF + "delimited"),
    PROTOBUF_TEXT(Encoding.PROTOBUF + "text"),
    PROTOBUF_COMPACT_TEXT(Encoding.PROTOBUF + "compact-text");

    private static final String PROTOBUF =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=";

    private final String contentType;

    Encoding(String contentType) {
      this.contentType = contentType;
    }
  }

  /**
   * The format that an Accept header prefers, among those that the Pushgateway offers.
   *
   * <p>upstream: text unless protobuf is asked for with all its parameters; a quality of 0 excludes
   * nothing; OpenMetrics is never given, but its {@code escaping} parameter counts if it comes
   * first.
   *
   * @param accept the header, empty if there is none
   */
  public static ExpositionFormat negotiate(String accept) {
    EscapingScheme escaping = EscapingScheme.UNDERSCORES;
    for (AcceptClause clause : AcceptClause.parse(accept)) {
      escaping = EscapingScheme.of(clause.parameter("escaping")).orElse(escaping);
      if (isProtobuf(clause)) {
        switch (clause.parameter("encoding")) {
          case "delimited" -> {
            return new ExpositionFormat(Encoding.PROTOBUF_DELIMITED, escaping);
          }
          case "text" -> {
            return new ExpositionFormat(Encoding.PROTOBUF_TEXT, escaping);
          }
          case "compact-text" -> {
            return new ExpositionFormat(Encoding.PROTOBUF_COMPACT_TEXT, escaping);
          }
          default -> {}
        }
      }
      if (isText(clause)) {
        break;
      }
    }
    return new ExpositionFormat(Encoding.TEXT, escaping);
  }

  /** The Content-Type header of the answer. */
  public String contentType() {
    return encoding.contentType + "; escaping=" + escaping.parameter();
  }

  private static boolean isProtobuf(AcceptClause clause) {
    return clause.mediaType().equals("application/vnd.google.protobuf")
        && clause.parameter("proto").equals("io.prometheus.client.MetricFamily");
  }

  private static boolean isText(AcceptClause clause) {
    String version = clause.parameter("version");
    return clause.mediaType().equals("text/plain")
        && (version.isEmpty() || version.equals("0.0.4"));
  }
}
