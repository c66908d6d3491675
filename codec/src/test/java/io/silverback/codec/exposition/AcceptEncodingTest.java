package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptEncodingTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                          | false",
        "gzip                        | true",
        "gzip, deflate, br           | true",
        "deflate , gzip;q=1.0        | true",
        "gzip;q=0.5                  | true",
        "gzip;q=0                    | false",
        "gzip;q=0.000                | false",
        "gzip;q=0.0001               | true",
        "GZIP                        | false",
        "identity                    | false",
        "gzip, identity              | false",
        "gzip;q=0.9, identity;q=0.5  | true",
        "gzip;q=0.5, identity;q=0.5  | false",
        "*                           | false",
        "gzip, *;q=0.5               | true",
        "*, gzip                     | false",
        "deflate                     | false",
        "x-gzip                      | false",
        "zstd, gzip;q=0.1            | true",
        "gzip;q=2                    | false",
        "gzip;q=.5                   | false",
        "gzip;level=1                | false",
        "gzip;q=1;x                  | true",
        "deflate;q=x, gzip           | false",
        "gzip, deflate;q=x           | true",
        ", gzip                      | false"
      })
  void gzipIsChosenAsUpstreamChooses(String header, boolean gzip) {
    assertEquals(gzip, AcceptEncoding.acceptsGzip(header));
  }
}
