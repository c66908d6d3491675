package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContentTypeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited | true",
        "Application/Vnd.Google.Protobuf;ENCODING=\"delimited\";"
            + "proto=\"io.prometheus.client.MetricFamily\" | true",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited; x=y; | true",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily | false",
        "application/vnd.google.protobuf; proto=Other; encoding=delimited | false",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited; encoding=delimited | false",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=\"delimited | false",
        "application/vnd.google.protobuf; proto; encoding=delimited | false",
        "text/plain; version=0.0.4 | false",
        "; | false",
        "~~ | false",
      })
  void knowsDelimitedProtobufWhateverItsSpelling(String header, boolean protobuf) {
    assertEquals(
        protobuf, ContentType.parse(header).map(ContentType::isDelimitedProtobuf).orElse(false));
  }
}
