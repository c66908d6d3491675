package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The table was seen on a real Pushgateway; a redirect of a doubled slash has 307 since Go 1.26.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RouterTest {
  private TestGateway gateway;

  @BeforeAll
  void start() {
    gateway = TestGateway.start();
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // method | path | status | location | allow
        "GET     | /                        | 200 | -            | -",
        "HEAD    | /                        | 405 | -            | GET, OPTIONS",
        "GET     | /status                  | 200 | -            | -",
        "GET     | /status/                 | 301 | /status      | -",
        "GET     | /STATUS                  | 301 | /status      | -",
        "PUT     | /STATUS                  | 404 | -            | -",
        "GET     | /metrics                 | 200 | -            | -",
        "GET     | /metrics/                | 301 | /metrics     | -",
        "GET     | /METRICS                 | 301 | /metrics     | -",
        "PUT     | /METRICS                 | 404 | -            | -",
        "OPTIONS | /METRICS                 | 404 | -            | -",
        "HEAD    | /metrics                 | 405 | -            | GET, OPTIONS",
        "PUT     | /metrics                 | 405 | -            | GET, OPTIONS",
        "OPTIONS | /metrics                 | 200 | -            | GET, OPTIONS",
        "GET     | //metrics                | 307 | /metrics     | -",
        "GET     | /./metrics               | 307 | /metrics     | -",
        "GET     | /metrics/job             | 404 | -            | -",
        "PUT     | /metrics/job             | 404 | -            | -",
        "GET     | /metrics/job/            | 404 | -            | -",
        "PUT     | /metrics/job/            | 307 | /metrics/job | -",
        "GET     | /metrics/job/x/          | 405 | -            | DELETE, OPTIONS, POST, PUT",
        "OPTIONS | /metrics/job/x/          | 200 | -            | DELETE, OPTIONS, POST, PUT",
        "BREW    | /metrics/job/x           | 405 | -            | DELETE, OPTIONS, POST, PUT",
        "PUT     | /metrics/job/x/          | 200 | -            | -",
        "PUT     | /metrics/Job/x           | 307 | /metrics/job/x | -",
        "GET     | /metrics/Job/x           | 404 | -            | -",
        "PUT     | /metrics/job//x          | 307 | /metrics/job/x | -",
        "PUT     | /metrics/job/x/l/../y    | 307 | /metrics/job/x/y | -",
        "PUT     | /metrics/job/x%3Fq       | 200 | -            | -",
        "PUT     | /metrics/job/a%2Fb       | 400 | -            | -",
        "PUT     | /metrics/job/x%zz        | 400 | -            | -",
        "DELETE  | /metrics/job/x%3Fq       | 202 | -            | -",
        "DELETE  | /metrics/job@base64/eA== | 202 | -            | -",
        "GET     | /-/quit                  | 405 | -            | -",
        "PUT     | /-/quit                  | 403 | -            | -",
        "DELETE  | /-/quit                  | 405 | -            | GET, OPTIONS, POST, PUT",
        "GET     | /-/healthy/              | 301 | /-/healthy   | -",
        "HEAD    | /-/healthy               | 405 | -            | GET, OPTIONS",
        "GET     | /api                     | 404 | -            | -",
        "GET     | /api/v1/                 | 404 | -            | -",
        "GET     | /api/v1/nope             | 404 | -            | -",
        "OPTIONS | /api/v1/nope             | 200 | -            | -",
        "POST    | /api/v1/metrics          | 405 | -            | GET, OPTIONS",
        "PUT     | /api/v1/admin/wipe       | 404 | -            | -",
        "GET     | /nope                    | 404 | -            | -",
      })
  void answersAsUpstreamsRouter(
      String method, String path, int status, String location, String allow) throws IOException {
    Answer answer = gateway.send(method, path, "");

    assertEquals(status, answer.status());
    assertEquals(location, answer.header("Location").orElse(null));
    assertEquals(allow, answer.header("Allow").orElse(null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "/nope", "/%zz"})
  void anAnswerToHeadHasTheLengthOfABodyButNone(String path) throws IOException {
    Answer head = gateway.send("HEAD", path, "");

    assertEquals("", head.text());
    assertEquals(
        gateway.send("BREW", path, "").header("Content-Length"), head.header("Content-Length"));
  }

  @Test
  void aRedirectKeepsBytesThatAreNotUtf8() throws IOException {
    Answer answer = gateway.send("PUT", "/metrics/job//%C3/%C3%A4", "");

    assertEquals("/metrics/job/%C3/%C3%A4", answer.header("Location").orElseThrow());
  }

  @Test
  void aRequestThatEndsItsConnectionIsCounted() throws IOException {
    String counter =
        "pushgateway_http_requests_total{code=\"202\",handler=\"delete\",method=\"delete\"} ";
    long before = gateway.exposed(counter).stream().mapToLong(RouterTest::valueOf).sum();

    gateway.send("DELETE", "/metrics/job/closing", "");

    assertEquals(before + 1, valueOf(gateway.exposed(counter).getFirst()));
  }

  private static long valueOf(String line) {
    return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
  }
}
