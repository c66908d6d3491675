package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.CloseConnectionException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.json.GroupCursor;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.storage.GroupListing;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.writers.WriterWatch;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The JSON API of upstream below {@code /api/v1}: what is stored, and what the server is. Pages of
 * other sites may read it, as with upstream.
 */
final class ApiHandler {
  private final MetricStore store;
  private final Map<String, String> flags;
  private final LimitBoard board;
  private final WriterWatch writers;
  private final BuildInfo build;
  private final Instant startTime;

  ApiHandler(
      MetricStore store,
      Map<String, String> flags,
      LimitBoard board,
      WriterWatch writers,
      BuildInfo build,
      Instant startTime) {
    this.store = store;
    this.flags = Map.copyOf(flags);
    this.board = board;
    this.writers = writers;
    this.build = build;
    this.startTime = startTime;
  }

  Endpoint options() {
    return (_, response, _) -> {
      JsonAnswer.allowOtherSites(response);
      response.status(200).send();
    };
  }

  Endpoint status() {
    return (request, response, _) -> {
      JsonAnswer.allowOtherSites(response);
      JsonAnswer.send(
          request,
          response,
          data -> {
            data.writeStartObject();
            writeMap(data, "build_information", build.fields());
            writeMap(data, "flags", flags);
            writeLimits(data);
            data.writeStringField("start_time", startTime.toString());
            data.writeEndObject();
          });
    };
  }

  /** All groups as upstream lists them; with parameters a part of them, see {@link GroupPage}. */
  Endpoint metrics() {
    return (request, response, _) -> {
      JsonAnswer.allowOtherSites(response);
      var page = GroupPage.read(QueryParameters.parse(request.query().rawValue()));
      // Before the answer begins, so that what is out of reach can still be told with a status.
      try (GroupListing listing = listing(page)) {
        JsonAnswer.send(request, response, data -> writeGroups(listing, page, data));
      }
    };
  }

  private GroupListing listing(GroupPage page) {
    return page.after().isPresent() ? store.listingAfter(page.after().get()) : store.listing();
  }

  private void writeGroups(GroupListing listing, GroupPage page, JsonGenerator data)
      throws IOException {
    Optional<GroupingKey> last = Optional.empty();
    int count = 0;
    boolean isMore = false;
    data.writeStartArray();
    try {
      for (ListedGroup group : listing.listedGroups()) {
        if (!page.shows(group)) {
          continue;
        }
        if (count == page.most()) {
          isMore = true;
          break;
        }
        GroupJson.write(group, writers.conflictOf(group.key()), data);
        last = Optional.of(group.key());
        count++;
      }
    } catch (StoreNotReadyException e) {
      throw new CloseConnectionException("groups went out of reach in the middle of an answer", e);
    }
    data.writeEndArray();
    if (isMore && last.isPresent()) {
      data.writeStringField("next", GroupCursor.after(last.get()));
    }
  }

  private void writeLimits(JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("limits");
    for (LimitBoard.Row row : board.rows()) {
      out.writeObjectFieldStart(row.flag());
      out.writeNumberField("used", row.used().orElse(0));
      out.writeNumberField("max", row.wholeMost());
      out.writeNumberField("refused", row.refused());
      out.writeEndObject();
    }
    out.writeEndObject();
  }

  private static void writeMap(JsonGenerator out, String name, Map<String, String> map)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (var entry : new TreeMap<>(map).entrySet()) {
      out.writeStringField(entry.getKey(), entry.getValue());
    }
    out.writeEndObject();
  }
}
