package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.body.UnpackedBody;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.handler.PushCheck.Answer;
import io.silverback.server.handler.PushCheck.Fault;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Rehearsal;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code PUT} and {@code POST /api/v1/admin/dry_run/job/...}: says what the same request to {@code
 * /metrics/job/...} would do, and does nothing. It takes what such a push takes: its memory, a
 * place among pushes, and its time.
 */
final class DryRunHandler {
  private final MetricStore store;
  private final GroupingKeyPath paths;
  private final BodyCoding bodies;
  private final LimitedMemory memory;
  private final Turnstile pushes;
  private final PushCheck check;
  private final Duration timeout;
  private final int accepted;
  private final int refused;
  private final Permits permits;
  private final OverLimitAnswer overLimit;

  DryRunHandler(
      MetricStore store,
      EndpointConfig settings,
      GroupingKeyPath paths,
      LimitedMemory memory,
      Turnstile pushes,
      Permits permits,
      OverLimitAnswer overLimit) {
    this.store = store;
    this.paths = paths;
    this.bodies = new BodyCoding(settings.limits());
    this.memory = memory;
    this.pushes = pushes;
    this.check = new PushCheck(settings);
    this.timeout = settings.limits().pushTimeout();
    this.accepted = settings.checked() ? 200 : 202;
    this.refused = settings.checked() ? 400 : 202;
    this.permits = permits;
    this.overLimit = overLimit;
  }

  /**
   * What is known of a push.
   *
   * @param rehearsal empty if the push would not get to the store
   */
  private record Verdict(Answer answer, Optional<Rehearsal> rehearsal) {}

  Endpoint endpoint(PushHandler.Push push, boolean jobIsBase64) {
    return (request, response, parameters) -> {
      var path = PushCheck.Path.of(paths.read(parameters.get(0), jobIsBase64, parameters.get(1)));
      if (path.key().isPresent() && permits.refuses(request, response, path.key().get().key())) {
        return;
      }
      Optional<Verdict> verdict =
          path.key().isEmpty()
              ? Optional.of(new Verdict(path.answer(), Optional.empty()))
              : judge(request, response, path.key().get().key(), push);
      if (verdict.isPresent()) {
        JsonAnswer.send(request, response, data -> write(path, verdict.get(), data));
      }
    };
  }

  /** Empty if the request was answered already. */
  private Optional<Verdict> judge(
      ServerRequest request, ServerResponse response, GroupingKey key, PushHandler.Push push)
      throws IOException {
    try {
      return Deadline.of(timeout, System::nanoTime, Exchange.of(request)::isAbandoned)
          .call(() -> judgeInTime(request, response, key, push));
    } catch (DeadlineException e) {
      switch (e.reason()) {
        case TIME -> overLimit.query(request, response, PushHandler.tookTooLong(timeout));
        case ABANDONED -> throw new CloseConnectionException("the client went away", e);
      }
      return Optional.empty();
    }
  }

  private Optional<Verdict> judgeInTime(
      ServerRequest request, ServerResponse response, GroupingKey key, PushHandler.Push push)
      throws IOException {
    try {
      return Optional.of(judge(request, key, push));
    } catch (UnreadableBodyException e) {
      return Optional.of(new Verdict(Answer.of(400, e.reason()), Optional.empty()));
    } catch (OverLimitException e) {
      overLimit.query(request, response, e);
      return Optional.empty();
    }
  }

  private Verdict judge(ServerRequest request, GroupingKey key, PushHandler.Push push)
      throws UnreadableBodyException, OverLimitException, IOException {
    try (var lease = memory.lease()) {
      BodyBuffer sent = bodies.receive(request, lease);
      try (var _ = pushes.enter(request.remotePeer().host())) {
        Deadline.current().begin();
        try (UnpackedBody body = bodies.unpack(request, sent, lease)) {
          var read = check.read(key, body, PushHandler.contentType(request), lease);
          return read.parsed().isPresent()
              ? judge(key, read.parsed().get(), push)
              : new Verdict(read.answer(), Optional.empty());
        }
      }
    }
  }

  private Verdict judge(GroupingKey key, ParsedExposition body, PushHandler.Push push) {
    Rehearsal rehearsal = store.rehearse(push.of(key, body));
    Submission answer = PushHint.explain(rehearsal.answer(), key, body);
    return new Verdict(
        switch (answer) {
          case Submission.Accepted() -> Answer.of(accepted, "");
          case Submission.Refused(_, var reason) ->
              Answer.of(refused, PushHandler.INCONSISTENT + reason);
          case Submission.OverLimit(_, var limit, var reason) ->
              Answer.of(OverLimitAnswer.statusOf(limit), reason);
          case Submission.Outdated _, Submission.Unavailable _ ->
              throw new IllegalStateException("no verdict on a push: answer=" + answer);
        },
        Optional.of(rehearsal));
  }

  private static void write(PushCheck.Path path, Verdict verdict, JsonGenerator out)
      throws IOException {
    Answer answer = verdict.answer();
    boolean isTaken =
        verdict.rehearsal().filter(it -> it.answer() instanceof Submission.Accepted).isPresent();
    out.writeStartObject();
    out.writeBooleanField("taken", isTaken);
    out.writeNumberField("status", answer.status());
    out.writeStringField("reason", PushCheck.shown(answer));
    out.writeArrayFieldStart("faults");
    for (Fault fault : answer.faults()) {
      out.writeStartObject();
      out.writeNumberField("line", fault.line());
      out.writeNumberField("column", fault.column());
      out.writeStringField("cause", fault.cause());
      out.writeStringField("hint", fault.hint());
      out.writeEndObject();
    }
    out.writeEndArray();
    if (path.key().isPresent()) {
      writeKey("sent_labels", path.key().get().sent(), out);
      writeKey("labels", path.key().get().key(), out);
    }
    if (verdict.rehearsal().isPresent()) {
      write(verdict.rehearsal().get(), isTaken, out);
    }
    out.writeEndObject();
  }

  private static void writeKey(String name, GroupingKey key, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart(name);
    GroupJson.writePairs(key.labels(), out);
    out.writeEndObject();
  }

  private static void write(Rehearsal rehearsal, boolean isTaken, JsonGenerator out)
      throws IOException {
    if (!rehearsal.leader().isEmpty()) {
      out.writeStringField("leader", rehearsal.leader());
    }
    out.writeNumberField("series_before", rehearsal.seriesBefore());
    if (!isTaken) {
      return;
    }
    out.writeNumberField("series", rehearsal.series());
    out.writeNumberField("families_in_all", rehearsal.outline().families());
    out.writeArrayFieldStart("families");
    for (GroupOutline.Line family : rehearsal.outline().listed()) {
      out.writeStartObject();
      out.writeStringField("name", family.name());
      out.writeStringField("type", family.type().name());
      out.writeStringField("help", family.help());
      out.writeNumberField("metrics", family.metrics());
      out.writeStringField("change", family.change().name().toLowerCase(Locale.ROOT));
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
