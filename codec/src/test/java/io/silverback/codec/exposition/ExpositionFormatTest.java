package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.exposition.ExpositionFormat.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpositionFormatTest {
  private static final String PROTOBUF =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";

  /** P is the protobuf type with its message parameter. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                              | TEXT                  | UNDERSCORES",
        "*/*                                             | TEXT                  | UNDERSCORES",
        "text/html                                       | TEXT                  | UNDERSCORES",
        "nonsense,,;;/,*                                 | TEXT                  | UNDERSCORES",
        "text/plain;version=0.0.4;q=0.3                  | TEXT                  | UNDERSCORES",
        "application/openmetrics-text;version=1.0.0      | TEXT                  | UNDERSCORES",
        "P;encoding=delimited                            | PROTOBUF_DELIMITED    | UNDERSCORES",
        "P; encoding=text                                | PROTOBUF_TEXT         | UNDERSCORES",
        "P ;  encoding = compact-text                    | PROTOBUF_COMPACT_TEXT | UNDERSCORES",
        "P                                               | TEXT                  | UNDERSCORES",
        "P;encoding=other                                | TEXT                  | UNDERSCORES",
        "P;encoding=\"delimited\"                        | TEXT                  | UNDERSCORES",
        "application/vnd.google.protobuf;encoding=delimited | TEXT               | UNDERSCORES",
        "text/plain;q=0.4,P;encoding=delimited;q=0.5     | PROTOBUF_DELIMITED    | UNDERSCORES",
        "text/plain;q=0.6,P;encoding=delimited;q=0.5     | TEXT                  | UNDERSCORES",
        "text/plain;version=0.0.5,P;encoding=delimited;q=0.1 | PROTOBUF_DELIMITED | UNDERSCORES",
        "P;encoding=delimited;q=0                        | PROTOBUF_DELIMITED    | UNDERSCORES",
        "P;encoding=delimited;q=x,text/plain;q=0.1       | TEXT                  | UNDERSCORES",
        "*/*,P;encoding=delimited;q=0.1                  | PROTOBUF_DELIMITED    | UNDERSCORES",
        "text/plain;escaping=allow-utf-8                 | TEXT                  | ALLOW_UTF_8",
        "text/plain;escaping=dots                        | TEXT                  | DOTS",
        "text/plain;escaping=underscores                 | TEXT                  | UNDERSCORES",
        "text/plain;escaping=nonsense                    | TEXT                  | UNDERSCORES",
        "P;encoding=delimited;escaping=values            | PROTOBUF_DELIMITED    | VALUES",
        "application/openmetrics-text;escaping=dots;q=0.9,text/plain;q=0.2 | TEXT | DOTS",
        "text/plain;q=0.9,application/openmetrics-text;escaping=dots;q=0.2 | TEXT | UNDERSCORES"
      })
  void acceptHeaderChooses(String accept, Encoding encoding, EscapingScheme escaping) {
    assertEquals(
        new ExpositionFormat(encoding, escaping),
        ExpositionFormat.negotiate(accept.replace("P", PROTOBUF)));
  }

  @Test
  void prometheusGetsDelimitedProtobufIfItAsksForItFirst() {
    String accept =
        PROTOBUF
            + ";encoding=delimited;q=0.6,"
            + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
            + "application/openmetrics-text;version=0.0.1;q=0.4,"
            + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
            + "text/plain;version=0.0.4;q=0.2,/;q=0.1";
    assertEquals(
        new ExpositionFormat(Encoding.PROTOBUF_DELIMITED, EscapingScheme.UNDERSCORES),
        ExpositionFormat.negotiate(accept));
  }

  @Test
  void prometheusGetsTextWithTheEscapingOfAFormatThatIsNotOffered() {
    String accept =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
            + "application/openmetrics-text;version=0.0.1;q=0.4,"
            + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    assertEquals(
        new ExpositionFormat(Encoding.TEXT, EscapingScheme.ALLOW_UTF_8),
        ExpositionFormat.negotiate(accept));
  }

  @Test
  void veryManyClausesAreSortedByQuality() {
    String accept = "a/b;q=0.5,".repeat(1000) + PROTOBUF + ";encoding=text;q=0.7,text/plain;q=0.6";
    assertEquals(Encoding.PROTOBUF_TEXT, ExpositionFormat.negotiate(accept).encoding());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TEXT | UNDERSCORES | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "TEXT | ALLOW_UTF_8 | text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8",
        "PROTOBUF_DELIMITED | VALUES | application/vnd.google.protobuf;"
            + " proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=values",
        "PROTOBUF_TEXT | DOTS | application/vnd.google.protobuf;"
            + " proto=io.prometheus.client.MetricFamily; encoding=text; escaping=dots",
        "PROTOBUF_COMPACT_TEXT | DOTS | application/vnd.google.protobuf;"
            + " proto=io.prometheus.client.MetricFamily; encoding=compact-text; escaping=dots"
      })
  void contentTypeNamesFormatAndEscaping(
      Encoding encoding, EscapingScheme escaping, String contentType) {
    assertEquals(contentType, new ExpositionFormat(encoding, escaping).contentType());
  }
}
