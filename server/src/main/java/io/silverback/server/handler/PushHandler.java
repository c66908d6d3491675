package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.ContentType;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ParsedSize;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.body.UnpackedBody;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.http.ClientName;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.PlainText;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.template.PushTemplate;
import io.silverback.server.template.PushTemplates;
import io.silverback.server.writers.GroupClients;
import io.silverback.server.writers.WriterWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** PUT and POST: reads a push, or a group to restore, and hands it to the store. */
final class PushHandler {
  static final String INCONSISTENT =
      "pushed metrics are invalid or inconsistent with existing metrics: ";

  private final MetricStore store;
  private final GroupingKeyPath paths;
  private final BodyCoding bodies;
  private final LimitedMemory memory;
  private final PushBounds bounds;
  private final Turnstile pushes;
  private final BodyParser parser;
  private final Duration timeout;
  private final boolean checked;
  private final OverLimitAnswer overLimit;
  private final JobTraffic jobs;
  private final OwnProblems problems;
  private final GroupClients clients;
  private final WriterWatch writers;
  private final Fence fence;
  private final PushTemplates templates;
  private final Permits permits;
  private final RequestLog log;

  PushHandler(
      MetricStore store,
      EndpointConfig settings,
      GroupingKeyPath paths,
      LimitedMemory memory,
      Turnstile pushes,
      OverLimitAnswer overLimit,
      JobTraffic jobs,
      OwnProblems problems,
      GroupClients clients,
      WriterWatch writers,
      Fence fence,
      Permits permits,
      RequestLog log) {
    this.store = store;
    this.paths = paths;
    this.bodies = new BodyCoding(settings.limits());
    this.memory = memory;
    this.bounds = new PushBounds(settings.limits());
    this.pushes = pushes;
    this.parser = new BodyParser(settings.names(), settings.limits().maxParsedRatio());
    this.timeout = settings.limits().pushTimeout();
    this.checked = settings.checked();
    this.overLimit = overLimit;
    this.jobs = jobs;
    this.problems = problems;
    this.clients = clients;
    this.writers = writers;
    this.fence = fence;
    this.templates = new PushTemplates(settings.limits().maxTemplateBytes());
    this.permits = permits;
    this.log = log;
  }

  /** What the method and the path make of a body. */
  @FunctionalInterface
  interface Meaning {
    /** Throws {@link MalformedExpositionException} if the body is not valid for that. */
    GroupUpdate of(GroupingKey key, ParsedExposition body);
  }

  /** A push. */
  enum Push implements Meaning {
    PUT {
      @Override
      public GroupUpdate of(GroupingKey key, ParsedExposition body) {
        return new GroupUpdate.Replace(key, body);
      }
    },
    POST {
      @Override
      public GroupUpdate of(GroupingKey key, ParsedExposition body) {
        return new GroupUpdate.Merge(key, body);
      }
    };

    /** What it makes of a body that was not parsed. */
    GroupUpdate of(GroupingKey key, PushTemplate.Values values) {
      return values.update(key, this == PUT);
    }
  }

  /** An endpoint whose bodies mean that. */
  Endpoint endpoint(Meaning meaning, boolean jobIsBase64) {
    return (request, response, parameters) -> {
      switch (paths.read(parameters.get(0), jobIsBase64, parameters.get(1))) {
        case GroupingKeyPath.Reading.Key key -> {
          if (!permits.refuses(request, response, key.key())) {
            Deadline.of(timeout, System::nanoTime, Exchange.of(request)::isAbandoned)
                .during(() -> push(request, response, key, meaning));
          }
        }
        case GroupingKeyPath.Reading.Malformed(var reason) -> {
          log.malformedKey(request, reason);
          PlainText.error(response, 400, reason);
        }
        case GroupingKeyPath.Reading.NotUtf8(var label) -> {
          log.malformedKey(request, GroupingKeyPath.notUtf8(label));
          PlainText.error(response, 400, INCONSISTENT + GroupingKeyPath.notUtf8(label));
        }
      }
    };
  }

  private void push(
      ServerRequest request,
      ServerResponse response,
      GroupingKeyPath.Reading.Key reading,
      Meaning meaning)
      throws IOException {
    GroupingKey key = reading.key();
    Submission submission;
    try {
      submission = submit(request, reading, meaning);
    } catch (UnreadableBodyException e) {
      refused(request, key, e.reason());
      log.unreadableBody(request, key, e.reason());
      PlainText.error(response, 400, e.reason());
      return;
    } catch (MalformedExpositionException e) {
      String reason = String.valueOf(e.getMessage());
      refused(request, key, reason);
      log.unreadableBody(request, key, reason);
      PlainText.error(response, 400, reason);
      return;
    } catch (OverLimitException e) {
      refused(request, key, e.reason());
      overLimit.endpoint(request, response, e);
      return;
    } catch (DeadlineException e) {
      refused(request, key, "it took too long");
      switch (e.reason()) {
        case TIME -> overLimit.endpoint(request, response, tookTooLong(timeout));
        case ABANDONED -> throw new CloseConnectionException("the client went away", e);
      }
      return;
    }
    // Before the answer, so that a client which asks next sees its push counted.
    switch (submission) {
      case Submission.Accepted() -> {
        jobs.count(key.job(), true);
        // A restore is no push, from any client.
        if (meaning instanceof Push) {
          clients.pushed(key, ClientName.of(request), agent(request));
        }
      }
      case Submission.Refused(_, var reason) -> refused(request, key, reason);
      case Submission.OverLimit(_, _, var reason) -> refused(request, key, reason);
      case Submission.Unavailable(_, var reason) -> refused(request, key, reason);
      case Submission.Outdated _ -> {}
    }
    answer(request, response, submission);
  }

  private void refused(ServerRequest request, GroupingKey key, String reason) {
    jobs.count(key.job(), false);
    problems.refused(key, ClientName.of(request), reason);
    clients.refused(key, ClientName.of(request), agent(request), reason);
  }

  static OverLimitException tookTooLong(Duration timeout) {
    return OverLimitException.busy(
        RequestLimit.PUSH_TIMEOUT,
        "the push took too long to parse and check, push less at a time or raise"
            + " --limits.push-timeout: limit="
            + timeout);
  }

  private Submission submit(
      ServerRequest request, GroupingKeyPath.Reading.Key reading, Meaning meaning)
      throws UnreadableBodyException, OverLimitException, IOException {
    try (var lease = memory.lease()) {
      // A client that is still sending does not hold a place, so slow clients cannot block fast
      // ones.
      BodyBuffer sent = bodies.receive(request, lease);
      try (var _ = pushes.enter(request.remotePeer().host())) {
        Deadline.current().begin();
        try (UnpackedBody body = bodies.unpack(request, sent, lease)) {
          if (!(meaning instanceof Push push) || !body.isWhole()) {
            return submitParsed(request, reading, meaning, body, lease);
          }
          Optional<Submission> repeated = repeat(request, reading, push, body.window(), lease);
          return repeated.isPresent()
              ? repeated.get()
              : submitAndLearn(request, reading, push, body, lease);
        }
      }
    }
  }

  /**
   * Stores a push that differs from an earlier one in numbers only; empty if it has to be parsed.
   */
  private Optional<Submission> repeat(
      ServerRequest request,
      GroupingKeyPath.Reading.Key reading,
      Push push,
      BodyBuffer body,
      LimitedMemory.Lease lease) {
    GroupingKey key = reading.key();
    Optional<PushTemplate> template = templates.of(key, isProtobuf(contentType(request)));
    if (template.isEmpty() || !lease.tryTake(template.get().valuesLength())) {
      return Optional.empty();
    }
    Optional<PushTemplate.Values> values = template.get().read(body.bytes(), body.length());
    if (values.isEmpty()) {
      return Optional.empty();
    }
    Submission submission = submitUnlessFenced(request, push.of(key, values.get()));
    switch (submission) {
      case Submission.Accepted() -> {
        templates.hit(key);
        report(
            request,
            writers.pushed(
                key,
                reading.sent(),
                push == Push.PUT,
                ClientName.of(request),
                values.get().writer()));
      }
      case Submission.Outdated _ -> {
        // Other series were pushed to the group meanwhile, or it was deleted.
        templates.drop(key);
        return Optional.empty();
      }
      case Submission.Refused _, Submission.OverLimit _, Submission.Unavailable _ -> {}
    }
    return Optional.of(submission);
  }

  private Submission submitParsed(
      ServerRequest request,
      GroupingKeyPath.Reading.Key reading,
      Meaning meaning,
      UnpackedBody body,
      LimitedMemory.Lease lease)
      throws UnreadableBodyException, OverLimitException {
    GroupingKey key = reading.key();
    String contentType = contentType(request);
    ParsedExposition parsed = parser.parse(body, isProtobuf(contentType), contentType, lease);
    bounds.check(key, parsed, lease);
    GroupUpdate update = meaning.of(key, parsed);
    Submission submission = PushHint.explain(submitUnlessFenced(request, update), key, parsed);
    if (submission instanceof Submission.Accepted) {
      watch(request, reading.sent(), update);
    }
    return submission;
  }

  private Submission submitAndLearn(
      ServerRequest request,
      GroupingKeyPath.Reading.Key reading,
      Push push,
      UnpackedBody body,
      LimitedMemory.Lease lease)
      throws UnreadableBodyException, OverLimitException {
    Submission submission = submitParsed(request, reading, push, body, lease);
    if (submission instanceof Submission.Accepted) {
      learn(reading.key(), body.window(), isProtobuf(contentType(request)), lease);
    }
    return submission;
  }

  /** The fence is asked again: a process may be paused between two bytes of a body. */
  private Submission submitUnlessFenced(ServerRequest request, GroupUpdate update) {
    Optional<String> refusal = fence.refusal(request);
    if (refusal.isPresent()) {
      Exchange.of(request).endConnection();
      return new Submission.Unavailable(update.key(), refusal.get());
    }
    return store.submit(update);
  }

  /** Costs as much as parsing the body once more, so only if there is memory for that. */
  private void learn(
      GroupingKey key, BodyBuffer body, boolean isProtobuf, LimitedMemory.Lease lease) {
    long size =
        isProtobuf
            ? ParsedSize.ofProtobuf(body.bytes(), body.length())
            : ParsedSize.ofText(body.bytes(), body.length());
    if (lease.tryTake(size)) {
      templates.learn(
          key,
          body.bytes(),
          body.length(),
          isProtobuf,
          numbered -> parser.parse(numbered, isProtobuf));
    }
  }

  private void watch(ServerRequest request, GroupingKey sent, GroupUpdate update) {
    Optional<WriterWatch.Conflict> conflict =
        switch (update) {
          case GroupUpdate.Replace(var key, var body) ->
              writers.pushed(key, sent, true, ClientName.of(request), body.families());
          case GroupUpdate.Merge(var key, var body) ->
              writers.pushed(key, sent, false, ClientName.of(request), body.families());
          // A restore is no push, from any client.
          case GroupUpdate.Restore _,
              GroupUpdate.Revalue _,
              GroupUpdate.Delete _,
              GroupUpdate.Expire _,
              GroupUpdate.Purge _ ->
              Optional.empty();
        };
    report(request, conflict);
  }

  private void report(ServerRequest request, Optional<WriterWatch.Conflict> conflict) {
    conflict.ifPresent(found -> log.writerConflict(request, found));
  }

  private void answer(ServerRequest request, ServerResponse response, Submission submission) {
    switch (submission) {
      case Submission.Accepted() -> response.status(checked ? 200 : 202).send();
      case Submission.Refused(var refusedKey, var reason) -> {
        log.refusedPush(request, refusedKey, reason);
        if (checked) {
          PlainText.error(response, 400, INCONSISTENT + reason);
        } else {
          // upstream: without the check nobody waits for the verdict, so the answer is the same.
          response.status(202).send();
        }
      }
      // Told without the check, too: nobody would ever hear of it otherwise.
      case Submission.OverLimit(var refusedKey, var limit, var reason) ->
          overLimit.store(request, response, refusedKey, limit, reason);
      case Submission.Outdated(var group) -> {
        log.refused(RefusalReason.OUTDATED);
        PlainText.error(response, 409, "the group is as new here, or newer: group=" + group);
      }
      case Submission.Unavailable(_, var reason) -> {
        log.refused(RefusalReason.UNAVAILABLE);
        Fence.tryLater(response, reason);
      }
    }
  }

  /** What the client says that it is. */
  private static String agent(ServerRequest request) {
    return request.headers().first(HeaderNames.USER_AGENT).orElse("");
  }

  static String contentType(ServerRequest request) {
    return request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
  }

  static boolean isProtobuf(String contentType) {
    return ContentType.parse(contentType).map(ContentType::isDelimitedProtobuf).orElse(false);
  }
}
