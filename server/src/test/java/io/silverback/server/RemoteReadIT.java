package io.silverback.server;

import static io.silverback.server.ReadClient.CHUNKS;
import static io.silverback.server.ReadClient.LIKE;
import static io.silverback.server.ReadClient.SAMPLES;
import static io.silverback.server.ReadClient.always;
import static io.silverback.server.ReadClient.frames;
import static io.silverback.server.ReadClient.matcher;
import static io.silverback.server.ReadClient.post;
import static io.silverback.server.ReadClient.request;
import static io.silverback.server.ReadClient.results;
import static io.silverback.server.ReadClient.unsnap;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.codec.model.Labels;
import io.silverback.server.handler.HeldSamples;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Remote read beside a real Prometheus: as its client, and as a server of the same samples. */
final class RemoteReadIT {
  /** The start of the two hours that Prometheus keeps together. */
  private static final long START = 1_699_999_200_000L;

  private static final Pattern LABEL = Pattern.compile("\\w+=\"(?:[^\"\\\\]|\\\\.)*\"");

  /** Nothing was scraped: what the queries find was pushed, and came by remote read. */
  @Test
  void prometheusQueriesWhatWasPushedBetweenScrapes(@TempDir Path folder) throws IOException {
    try (var gateway = TestGateway.start("--remote-read.external-label=region=eu");
        var prometheus =
            RunningPrometheus.configured(
                """
                global:
                  external_labels:
                    region: eu
                remote_read:
                  - url: "http://127.0.0.1:%d/api/v1/read"
                    read_recent: true
                """
                    .formatted(gateway.port()),
                folder)) {
      for (int value : new int[] {10, 40, 90, 20}) {
        gateway.send("PUT", "/metrics/job/batch", "rows_total{kind=\"a\"} " + value + "\n");
        RunningProcess.pause(Duration.ofMillis(20));
      }
      gateway.send("PUT", "/metrics/job/other", "rows_total{kind=\"a\"} 7\n");

      String range = "rows_total{job='batch',kind=~'[a-b]'}[5m]";
      prometheus.awaitValue(4, "count_over_time(" + range + ")");
      prometheus.awaitValue(90, "max_over_time(" + range + ")");
      prometheus.awaitValue(1, "resets(" + range + ")");
      prometheus.awaitValue(1, "rate(" + range + ") > bool 0");
      prometheus.awaitValue(27, "sum(rows_total{kind!~'x.*'})");
      prometheus.awaitValue(2, "count(rows_total{kind!='b',instance='',region='eu'})");
      prometheus.awaitGone("rows_total{job='absent'}");
      HttpResponse<String> series = prometheus.ask("series?match%5B%5D=rows_total");
      assertEquals(
          "{\"status\":\"success\",\"data\":["
              + "{\"__name__\":\"rows_total\",\"job\":\"batch\",\"kind\":\"a\"},"
              + "{\"__name__\":\"rows_total\",\"job\":\"other\",\"kind\":\"a\"}]}",
          series.body());
    }
  }

  /**
   * Series with all kinds of values, some named so that a wrong order would show. None ends with a
   * whole byte, after which this version of Prometheus leaves one unused.
   */
  private static final class FixedHistory extends FrontStore {
    private FixedHistory(MetricStore store) {
      super(store);
    }

    @Override
    public void history(HistoryQuery query, QueryBudget budget, HistorySink sink)
        throws IOException {
      sink.series("golden", Labels.of("job", "b"), samples(100, 250));
      sink.series("golden", Labels.of("instance", "", "job", "a"), samples(3, 5_000));
      sink.series("golden", Labels.of("Upper", "x", "job", "a"), samples(40, 15_000));
      sink.series("golden", Labels.of("job", "a", "kind", "\uFF5E"), samples(2, 7));
      sink.series("golden", Labels.of("job", "a", "kind", "\uD83E\uDD8D"), samples(2, 7));
      sink.series("golden", Labels.of("job", "a", "kin", "z"), samples(118, 10_000));
    }

    private static HeldSamples samples(int count, long step) {
      long[] times = new long[count];
      Arrays.setAll(times, i -> START + step * i + i % 3);
      double[] values = new double[count];
      double[] special = {
        0, 1.5, 1.5, -2, Double.longBitsToDouble(0x7ff0000000000002L), 1e300, Double.MIN_VALUE
      };
      Arrays.setAll(values, i -> i % 5 == 0 ? special[i / 5 % special.length] : i * 3);
      return new HeldSamples(times, values);
    }
  }

  @Test
  void bothFormsAreByteForByteWhatPrometheusWritesOfTheSameSamples(@TempDir Path folder) {
    try (var gateway = TestGateway.start(FixedHistory::new);
        var prometheus =
            RunningPrometheus.configured("", folder, "--web.enable-remote-write-receiver")) {
      byte[] all = always(matcher(LIKE, "__name__", "golden"));
      URI ours = URI.create("http://127.0.0.1:" + gateway.port() + "/api/v1/read");
      URI theirs = prometheus.address("/api/v1/read");

      HttpResponse<byte[]> sampled = post(ours, request(SAMPLES, all));
      // The content of a result is, field by field, a request to write the same series.
      byte[] result = content(unsnap(sampled.body()));
      assertEquals(204, post(prometheus.address("/api/v1/write"), result).statusCode());

      HttpResponse<byte[]> expected = post(theirs, request(SAMPLES, all));
      assertEquals(results(expected), results(sampled));
      assertArrayEquals(unsnap(expected.body()), unsnap(sampled.body()));
      HttpResponse<byte[]> chunked = post(ours, request(CHUNKS, all));
      HttpResponse<byte[]> expectedChunks = post(theirs, request(CHUNKS, all));
      assertEquals(frames(expectedChunks), frames(chunked));
      assertArrayEquals(expectedChunks.body(), chunked.body());
      assertEquals(List.of(results(sampled)), List.of(List.copyOf(frames(chunked).values())));
    }
  }

  /** Samples that were pushed, given to Prometheus to show them, too. */
  @Test
  void federationAndLabelsAreWhatPrometheusShowsOfTheSameSamples(@TempDir Path folder)
      throws IOException {
    try (var gateway = TestGateway.start();
        var prometheus =
            RunningPrometheus.configured("", folder, "--web.enable-remote-write-receiver")) {
      gateway.send("PUT", "/metrics/job/a", "x{Upper=\"u\"} 1.5\nx{k=\"\\\"\\\\\"} 2\n");
      gateway.send("PUT", "/metrics/job/b/instance/i", "# TYPE x gauge\nx 1e300\ny NaN\n");
      gateway.send("PUT", "/metrics/job/gone", "x 3\n");
      gateway.send("DELETE", "/metrics/job/gone", "");
      gateway.send("PUT", "/metrics/job/a/zone/z", "x 1\nonce 1\n");
      gateway.send("PUT", "/metrics/job/a/zone/z", "x -2\n");
      URI ours = URI.create("http://127.0.0.1:" + gateway.port());
      byte[] all = always(matcher(LIKE, "job", ".+"));
      byte[] result =
          content(unsnap(post(ours.resolve("/api/v1/read"), request(SAMPLES, all)).body()));
      assertEquals(204, post(prometheus.address("/api/v1/write"), result).statusCode());

      for (String match : List.of("x", "{job=~'.%2B'}", "once", "{__name__=~'x|y',job!='a'}")) {
        String query =
            "/federate?match%5B%5D="
                + match.replace("{", "%7B").replace("}", "%7D").replace("|", "%7C");
        HttpResponse<String> theirs = Http.get(prometheus.address(query));
        assertEquals(200, theirs.statusCode(), theirs.body());
        assertEquals(shown(theirs.body()), shown(Http.get(ours.resolve(query)).body()), match);
      }
      for (String question :
          List.of(
              "series?match%5B%5D=x",
              "series?match%5B%5D=%7Bjob%3D~'.%2B'%7D",
              "labels",
              "labels?match%5B%5D=y",
              "label/job/values",
              "label/nope/values",
              "label/__name__/values")) {
        HttpResponse<String> answer = Http.get(ours.resolve("/api/v1/" + question));
        assertEquals(prometheus.ask(question).body(), answer.body(), question);
      }
      long now = System.currentTimeMillis() / 1000 + 1;
      for (String question :
          List.of(
              "query?query=x&time=" + now,
              "query?query=%7Bjob%3D~'.%2B'%7D&time=" + now,
              "query?query=x%5B1m%5D&time=" + now,
              "query?query=x&time=" + (now - 3_600),
              "query_range?query=x&step=7&start=" + (now - 20) + "&end=" + (now + 400))) {
        HttpResponse<String> answer = Http.get(ours.resolve("/api/v1/" + question));
        assertEquals(inOrder(prometheus.ask(question)), inOrder(answer), question);
      }
    }
  }

  /** Prometheus answers with newest values in any order. */
  private static List<String> inOrder(HttpResponse<String> answer) throws IOException {
    assertEquals(200, answer.statusCode(), answer.body());
    JsonNode data = new JsonMapper().readTree(answer.body()).path("data");
    return Stream.concat(
            Stream.of(data.path("resultType").asText()),
            StreamSupport.stream(data.path("result").spliterator(), false)
                .map(JsonNode::toString)
                .sorted())
        .toList();
  }

  /** The lines in any order, and the labels of each: Prometheus puts those that it adds last. */
  private static List<String> shown(String page) {
    return page.lines()
        .map(
            line -> {
              Matcher labels = LABEL.matcher(line);
              List<String> sorted = labels.results().map(MatchResult::group).sorted().toList();
              return labels.replaceAll("") + sorted;
            })
        .sorted()
        .toList();
  }

  /** That of the only field of a message. */
  private static byte[] content(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    in.get();
    while (in.get() < 0) {
      // The length.
    }
    byte[] content = new byte[in.remaining()];
    in.get(content);
    return content;
  }
}
