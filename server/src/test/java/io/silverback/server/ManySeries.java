package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.regex.Pattern;

/**
 * Ten megabytes of a push: series of one family, each with its number as a label and as its value,
 * and with a long label. The clients that are not written in Java make the same.
 */
final class ManySeries {
  static final int COUNT = 5000;
  static final int WIDTH = 2000;

  private static final Pattern SERIES =
      Pattern.compile("streamed\\{.*job=\"([^\"]*)\",number=\"(\\d+)\",text=\"([^\"]*)\"} (.*)");

  private ManySeries() {}

  static byte[] body() {
    var body = new StringBuilder();
    String text = "x".repeat(WIDTH);
    for (int number = 0; number < COUNT; number++) {
      body.append("streamed{number=\"%d\",text=\"%s\"} %d\n".formatted(number, text, number));
    }
    return body.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Fails the test unless the page shows all of them for the job, and takes them off again. */
  static void assertShownOnce(RunningGateway gateway, String job) {
    var numbers = new BitSet();
    gateway
        .scrapeOf(job)
        .lines()
        .forEach(
            line -> {
              var series = SERIES.matcher(line);
              if (series.matches()) {
                int number = Integer.parseInt(series.group(2));
                assertEquals(number, Double.parseDouble(series.group(4)), line);
                assertEquals(WIDTH, series.group(3).length(), line);
                numbers.set(number);
              }
            });
    assertEquals(COUNT, numbers.cardinality(), "series of job " + job);
    assertEquals(202, gateway.send("DELETE", "/metrics/job/" + job, "").statusCode());
  }
}
