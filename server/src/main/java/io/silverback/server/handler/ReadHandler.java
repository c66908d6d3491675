package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.Labels;
import io.silverback.codec.remoteread.ReadRequest;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.body.SnappyBlockStream;
import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.http.AnswerStream;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.read.HeldSeries;
import io.silverback.server.read.ReadAnswer;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code POST /api/v1/read}: the samples that are kept, for a Prometheus that is configured with
 * {@code remote_read}.
 *
 * <p>Whatever can fail does so before the first byte: Prometheus takes that for a warning and goes
 * on with its own samples. Afterwards only a broken connection says that an answer is not whole.
 */
final class ReadHandler {
  private static final String SAMPLES = "application/x-protobuf";

  /** Prometheus compares it character by character. */
  private static final String CHUNKS =
      "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

  /** A block of snappy has 32 bits for its length. */
  private static final long MOST_BLOCK_LENGTH = (1L << Integer.SIZE) - 1;

  private final HistoryReads reads;
  private final BodyCoding bodies;
  private final LimitedMemory bodyMemory;
  private final Labels externalLabels;
  private final OverLimitAnswer overLimit;
  private final RequestLog log;
  private final UnknownLabels unknownLabels = new UnknownLabels(System::nanoTime);

  /**
   * A handler of what such reads find.
   *
   * @param bodyMemory what all bodies take from
   * @param externalLabels what all series have that have no others of these names
   */
  ReadHandler(
      HistoryReads reads,
      LimitedMemory bodyMemory,
      Labels externalLabels,
      OverLimitAnswer overLimit,
      RequestLog log) {
    this.reads = reads;
    this.bodies = new BodyCoding(reads.limits());
    this.bodyMemory = bodyMemory;
    this.externalLabels = externalLabels;
    this.overLimit = overLimit;
    this.log = log;
  }

  /** What a client sent, understood. */
  private record Question(
      ReadRequest.Form form, List<ReadRequest.Query> queries, List<HistoryQuery> asked) {}

  Endpoint endpoint() {
    return reads.plainEndpoint(
        RefusalReason.MALFORMED_BODY,
        (request, response) -> {
          Question question = read(request);
          reads.inTurn(request, bounds -> answer(request, response, question, bounds));
        });
  }

  /** Of the body, which is not needed any more. */
  private Question read(ServerRequest request)
      throws UnreadableBodyException, OverLimitException, IOException {
    ReadRequest asked;
    try (var lease = bodyMemory.lease()) {
      BodyBuffer body = bodies.receiveQuestion(request, lease);
      asked = ReadRequest.parse(body.bytes(), body.length());
    }
    if (asked.queries().size() > reads.limits().maxSelectors()) {
      throw OverLimitException.tooMuch(
          RequestLimit.SELECTORS,
          "too many queries in a request, send more requests or raise --limits.max-selectors:"
              + " queries="
              + asked.queries().size()
              + " limit="
              + reads.limits().maxSelectors());
    }
    ReadRequest.Form form =
        asked
            .form()
            .orElseThrow(
                () ->
                    new UnreadableBodyException(
                        "none of the requested response types is supported, ask for SAMPLES or"
                            + " STREAMED_XOR_CHUNKS: accepted_response_types="
                            + asked.accepted().stream().limit(10).toList()));
    return new Question(form, asked.queries(), historyQueries(asked.queries()));
  }

  private List<HistoryQuery> historyQueries(List<ReadRequest.Query> queries) {
    var asked = new ArrayList<HistoryQuery>();
    long regexWeight = SeriesSelector.MAX_REGEX_WEIGHT;
    for (ReadRequest.Query query : queries) {
      var matchers = new ArrayList<LabelMatcher>();
      for (ReadRequest.Matcher matcher : query.matchers()) {
        LabelMatcher condition = condition(matcher, regexWeight);
        matchers.add(condition);
        if (condition instanceof LabelMatcher.Like || condition instanceof LabelMatcher.NotLike) {
          regexWeight -= AnchoredRegex.weightOf(matcher.value());
        }
      }
      asked.add(
          new HistoryQuery(
              List.of(SeriesSelector.of(matchers)), query.startMillis(), query.endMillis(), true));
    }
    return asked;
  }

  private LabelMatcher condition(ReadRequest.Matcher matcher, long regexWeight) {
    String label = matcher.label();
    String value = matcher.value();
    return switch (matcher.comparison()) {
      // upstream: storage/remote/read_handler.go: all that is here has the external label, unless
      // a series has one of its own.
      case EQUAL ->
          new LabelMatcher.Equal(
              label, externalLabels.value(label).filter(value::equals).isPresent() ? "" : value);
      case NOT_EQUAL -> new LabelMatcher.NotEqual(label, value);
      case LIKE -> new LabelMatcher.Like(label, AnchoredRegex.compile(value, regexWeight));
      case NOT_LIKE -> new LabelMatcher.NotLike(label, AnchoredRegex.compile(value, regexWeight));
    };
  }

  private void answer(
      ServerRequest request, ServerResponse response, Question question, QueryBounds bounds)
      throws OverLimitException, IOException {
    var found = new ArrayList<HeldSeries>();
    try {
      gather(request, question, found, bounds);
      lookForLabels(request, question, found, bounds.anew());
      var answer = new ReadAnswer(found, bounds);
      if (question.form() == ReadRequest.Form.SAMPLES
          && answer.responseLength() > MOST_BLOCK_LENGTH) {
        throw OverLimitException.tooMuch(
            RequestLimit.HISTORY_SAMPLES,
            "the samples are too many for one block of snappy, ask for chunks or for less: bytes="
                + answer.responseLength());
      }
      try {
        send(request, response, question.form(), answer);
      } catch (QueryBounds.StoppedException stopped) {
        overLimit.note(request, stopped.over());
        throw new CloseConnectionException(stopped.over().reason());
      }
    } finally {
      found.forEach(HeldSeries::close);
    }
  }

  private void gather(
      ServerRequest request, Question question, List<HeldSeries> found, QueryBounds bounds)
      throws IOException {
    for (int i = 0; i < question.asked().size(); i++) {
      var held = new HeldSeries(bounds, externalLabels);
      found.add(held);
      HistorySink sink =
          question.queries().get(i).wantsSamples()
              ? held::add
              : (name, labels, _) -> held.addLabels(name, labels);
      reads.gather(request, question.asked().get(i), bounds, sink);
      held.sort();
    }
  }

  /** A look for the operator, which the client need not know of. */
  private void lookForLabels(
      ServerRequest request, Question question, List<HeldSeries> found, QueryBounds bounds)
      throws IOException {
    try {
      for (int i = 0; i < found.size(); i++) {
        if (found.get(i).size() == 0) {
          unknownLabels
              .look(
                  question.asked().get(i),
                  (query, sink) -> reads.gather(request, query, bounds, sink))
              .ifPresent(label -> log.unknownLabel(request, label));
        }
      }
    } catch (QueryBounds.StoppedException _) {
      // Too much to look at.
    }
  }

  private static void send(
      ServerRequest request, ServerResponse response, ReadRequest.Form form, ReadAnswer answer)
      throws IOException {
    // Not closed unless the answer is whole: an end after any frame would look like the end of all.
    switch (form) {
      case STREAMED_XOR_CHUNKS -> {
        response.header(HeaderNames.CONTENT_TYPE, CHUNKS);
        OutputStream out = AnswerStream.open(request, response);
        answer.writeFrames(out);
        out.close();
      }
      case SAMPLES -> {
        response.header(HeaderNames.CONTENT_TYPE, SAMPLES);
        response.header(HeaderNames.CONTENT_ENCODING, "snappy");
        OutputStream out =
            new SnappyBlockStream(AnswerStream.open(request, response), answer.responseLength());
        answer.writeResponse(out);
        out.close();
      }
    }
  }
}
