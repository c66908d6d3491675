package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.ContentType;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.handler.BodyCoding.UnreadableBodyException;
import io.silverback.server.storage.Limit;
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
  private final TextParser text;
  private final ProtobufParser protobuf = new ProtobufParser();
  private final boolean checked;
  private final DoorLog log;

  PushHandler(
      MetricStore store, NameValidation names, BodyCoding bodies, boolean checked, DoorLog log) {
    this.store = store;
    this.paths = new GroupingKeyPath(names);
    this.bodies = bodies;
    this.text = new TextParser(names);
    this.checked = checked;
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
    ParsedExposition body;
    try {
      body = parse(request, bodies.read(request, response));
    } catch (UnreadableBodyException e) {
      log.unreadableBody(request, key, e.reason());
      PlainText.error(response, e.status(), e.reason());
      return;
    } catch (MalformedExpositionException e) {
      String reason = String.valueOf(e.getMessage());
      log.unreadableBody(request, key, reason);
      PlainText.error(response, 400, reason);
      return;
    }
    GroupUpdate update =
        replace ? new GroupUpdate.Replace(key, body) : new GroupUpdate.Merge(key, body);
    switch (store.submit(update)) {
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
      case Submission.OverLimit(var refusedKey, var limit, var reason) -> {
        log.refusedPush(request, refusedKey, reason);
        PlainText.error(response, statusOf(limit), reason);
      }
    }
  }

  private static int statusOf(Limit limit) {
    return switch (limit) {
      case SERIES_PER_GROUP, LABEL_LENGTH -> 422;
      case GROUPS, SERIES -> 429;
      case MEMORY, FREE_DISK -> 503;
    };
  }

  private ParsedExposition parse(ServerRequest request, byte[] body) {
    String contentType = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    return ContentType.parse(contentType).map(ContentType::isDelimitedProtobuf).orElse(false)
        ? protobuf.parse(body, body.length)
        : text.parse(body, body.length);
  }
}
