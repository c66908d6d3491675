package io.silverback.server.handler;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.PlainText;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * What endpoints of Prometheus share that read the history: the store, and what one request may
 * take. Thread-safe.
 */
final class HistoryReads {
  private final MetricStore store;
  private final RequestLimits limits;
  private final FormParameters forms;
  private final LimitedMemory memory;
  private final Turnstile reads;
  private final OverLimitAnswer overLimit;
  private final RequestLog log;
  private final LongSupplier wallMillis;

  /**
   * Reads of that store.
   *
   * @param memory what all queries take from
   * @param reads bounds how many are answered at once
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  HistoryReads(
      MetricStore store,
      RequestLimits limits,
      FormParameters forms,
      LimitedMemory memory,
      Turnstile reads,
      OverLimitAnswer overLimit,
      RequestLog log,
      LongSupplier wallMillis) {
    this.store = store;
    this.limits = limits;
    this.forms = forms;
    this.memory = memory;
    this.reads = reads;
    this.overLimit = overLimit;
    this.log = log;
    this.wallMillis = wallMillis;
  }

  /** Sends the answer to what the parameters ask; nothing fails any more once it has begun. */
  @FunctionalInterface
  interface Answer {
    void send(
        ServerRequest request,
        ServerResponse response,
        QueryParameters parameters,
        QueryBounds bounds)
        throws IOException, OverLimitException;
  }

  /** An endpoint that answers within the limits, and tells faults as Prometheus' API does. */
  Endpoint endpoint(Answer answer) {
    return (request, response, _) -> {
      try {
        QueryParameters parameters = forms.read(request);
        inTurn(request, bounds -> answer.send(request, response, parameters, bounds));
      } catch (UnreadableBodyException e) {
        log.refused(RefusalReason.MALFORMED_BODY);
        JsonAnswer.refuse(request, response, e.reason());
      } catch (OverLimitException e) {
        overLimit.query(request, response, e);
      }
    };
  }

  /** Sends the answer to a question that it reads itself. */
  @FunctionalInterface
  interface PlainAnswer {
    void send(ServerRequest request, ServerResponse response)
        throws IOException, OverLimitException, UnreadableBodyException;
  }

  /**
   * An endpoint that tells faults as plain text.
   *
   * @param malformed what a question counts as that cannot be understood
   */
  Endpoint plainEndpoint(RefusalReason malformed, PlainAnswer answer) {
    return (request, response, _) -> {
      try {
        answer.send(request, response);
      } catch (UnreadableBodyException e) {
        refuse(request, response, malformed, e.reason());
      } catch (MalformedExpositionException | MalformedSelectorException e) {
        refuse(request, response, malformed, String.valueOf(e.getMessage()));
      } catch (OverLimitException e) {
        overLimit.endpoint(request, response, e);
      }
    };
  }

  private void refuse(
      ServerRequest request, ServerResponse response, RefusalReason reason, String text) {
    log.refused(reason);
    PlainText.error(request, response, 400, text);
  }

  /** What is done with the store. */
  @FunctionalInterface
  interface Work {
    void run(QueryBounds bounds) throws IOException, OverLimitException;
  }

  /**
   * Does some work once it is the client's turn, with bounds of its own.
   *
   * @throws OverLimitException if it is stopped by them, before anything of the answer is sent
   */
  void inTurn(ServerRequest request, Work work) throws IOException, OverLimitException {
    try (Turnstile.Place _ = reads.enter(request.remotePeer().host());
        var lease = memory.lease()) {
      work.run(new QueryBounds(lease, limits, System::nanoTime));
    } catch (QueryBounds.StoppedException stopped) {
      throw stopped.over();
    }
  }

  /** Hands over what a query finds, for as long as the client waits. */
  void gather(ServerRequest request, HistoryQuery query, QueryBounds bounds, HistorySink sink)
      throws IOException {
    bounds.during(
        Exchange.of(request)::isAbandoned,
        () -> store.history(query, bounds, bounds.bounded(sink)));
  }

  RequestLimits limits() {
    return limits;
  }

  /** The wall clock, in milliseconds since the epoch. */
  LongSupplier wallMillis() {
    return wallMillis;
  }
}
