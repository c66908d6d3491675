package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.ContentType;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ParsedSize;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.handler.BodyCoding.UnreadableBodyException;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;

/** PUT and POST: reads a push and hands it to the store. */
final class PushHandler {
  private static final String INCONSISTENT =
      "pushed metrics are invalid or inconsistent with existing metrics: ";

  private final MetricStore store;
  private final GroupingKeyPath paths;
  private final BodyCoding bodies;
  private final BodyMemory memory;
  private final Turnstile pushes;
  private final TextParser text;
  private final ProtobufParser protobuf = new ProtobufParser();
  private final boolean checked;
  private final OverLimitAnswer overLimit;
  private final DoorLog log;

  PushHandler(
      MetricStore store,
      DoorSettings settings,
      BodyMemory memory,
      Turnstile pushes,
      OverLimitAnswer overLimit,
      DoorLog log) {
    this.store = store;
    this.paths = new GroupingKeyPath(settings.names());
    this.bodies = new BodyCoding(settings.limits());
    this.memory = memory;
    this.pushes = pushes;
    this.text = new TextParser(settings.names());
    this.checked = settings.checked();
    this.overLimit = overLimit;
    this.log = log;
  }

  /** The door for PUT, which replaces a group, or for POST, which merges into it. */
  Door door(boolean replace, boolean jobIsBase64) {
    return (request, response, parameters) -> {
      switch (paths.read(parameters.get(0), jobIsBase64, parameters.get(1))) {
        case GroupingKeyPath.Reading.Key(var key) -> push(request, response, key, replace);
        case GroupingKeyPath.Reading.Malformed(var reason) -> {
          log.malformedPath(request, reason);
          PlainText.error(response, 400, reason);
        }
        case GroupingKeyPath.Reading.NotUtf8(var label) -> {
          String reason = "the value of the grouping label is not utf8: label=" + label;
          log.malformedPath(request, reason);
          PlainText.error(response, 400, INCONSISTENT + reason);
        }
      }
    };
  }

  private void push(
      ServerRequest request, ServerResponse response, GroupingKey key, boolean replace)
      throws IOException {
    Submission submission;
    try {
      submission = submit(request, response, key, replace);
    } catch (UnreadableBodyException e) {
      log.unreadableBody(request, key, e.reason());
      PlainText.error(response, 400, e.reason());
      return;
    } catch (MalformedExpositionException e) {
      String reason = String.valueOf(e.getMessage());
      log.unreadableBody(request, key, reason);
      PlainText.error(response, 400, reason);
      return;
    } catch (OverLimitException e) {
      overLimit.door(request, response, e);
      return;
    }
    answer(request, response, submission);
  }

  private Submission submit(
      ServerRequest request, ServerResponse response, GroupingKey key, boolean replace)
      throws UnreadableBodyException, OverLimitException, IOException {
    try (var lease = memory.lease()) {
      // Whoever still sends has no place yet, so that slow clients do not keep quick ones out.
      BodyBuffer sent = bodies.receive(request, response, lease);
      try (var _ = pushes.enter()) {
        ParsedExposition body = parse(request, bodies.inflate(request, sent, lease), lease);
        return store.submit(
            replace ? new GroupUpdate.Replace(key, body) : new GroupUpdate.Merge(key, body));
      }
    }
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
    }
  }

  private ParsedExposition parse(ServerRequest request, BodyBuffer body, BodyMemory.Lease lease)
      throws OverLimitException {
    byte[] bytes = body.bytes();
    int length = body.length();
    String contentType = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    if (ContentType.parse(contentType).map(ContentType::isDelimitedProtobuf).orElse(false)) {
      if (!lease.tryTake(ParsedSize.mostOf(length))) {
        lease.take(ParsedSize.ofProtobuf(bytes, length));
      }
      return protobuf.parse(bytes, length);
    }
    if (!lease.tryTake(ParsedSize.mostOf(length))) {
      lease.take(ParsedSize.ofText(bytes, length));
    }
    return text.parse(bytes, length);
  }
}
