package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.CloseConnectionException;
import io.silverback.codec.exposition.GoQuote;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.group.select.GroupSelector;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.handler.GroupFinder.Order;
import io.silverback.server.handler.GroupFinder.Page;
import io.silverback.server.handler.GroupFinder.Place;
import io.silverback.server.handler.GroupFinder.Query;
import io.silverback.server.handler.GroupFinder.Row;
import io.silverback.server.handler.GroupFinder.State;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.GroupCursor;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.permission.Caller;
import io.silverback.server.permission.Right;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.writers.WriterWatch;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code GET /api/v1/groups}, groups in short, and {@code /api/v1/group}, one of them whole. */
final class GroupsHandler {
  private static final String AFTER = "after";
  private static final String LIMIT = "limit";
  private static final int STANDARD_LIMIT = 100;

  private final MetricStore store;
  private final GroupFinder finder;
  private final WriterWatch writers;
  private final RequestLimits limits;
  private final OverLimitAnswer overLimit;
  private final Supplier<StalenessRules> rules;
  private final Instant started;
  private final LongSupplier wallMillis;

  GroupsHandler(
      MetricStore store,
      GroupFinder finder,
      WriterWatch writers,
      RequestLimits limits,
      OverLimitAnswer overLimit,
      Supplier<StalenessRules> rules,
      Instant started,
      LongSupplier wallMillis) {
    this.store = store;
    this.finder = finder;
    this.writers = writers;
    this.limits = limits;
    this.overLimit = overLimit;
    this.rules = rules;
    this.started = started;
    this.wallMillis = wallMillis;
  }

  Endpoint groups() {
    return (request, response, _) -> {
      var deadline =
          Deadline.of(limits.queryTimeout(), System::nanoTime, Exchange.of(request)::isAbandoned);
      deadline.begin();
      try {
        Query query = read(QueryParameters.parse(request.query().rawValue()));
        Page page = deadline.call(() -> finder.find(query));
        JsonAnswer.send(request, response, data -> write(query, page, data));
      } catch (OverLimitException e) {
        overLimit.query(request, response, e);
      } catch (MalformedSelectorException e) {
        throw BadParameterException.of("match[]", String.valueOf(e.getMessage()));
      } catch (DeadlineException e) {
        switch (e.reason()) {
          case TIME -> overLimit.query(request, response, QueryBounds.tookTooLong(limits));
          case ABANDONED -> throw new CloseConnectionException("the client went away", e);
        }
      }
    };
  }

  Endpoint group() {
    return (request, response, _) -> {
      GroupingKey key =
          GroupingKeyParameters.read(QueryParameters.parse(request.query().rawValue()));
      Optional<GroupState> group = store.group(key);
      if (group.isEmpty()) {
        JsonAnswer.refuse(request, response, 404, "not_found", "there is no such group: " + key);
        return;
      }
      Caller caller = Exchange.of(request).caller();
      JsonAnswer.send(
          request,
          response,
          data -> {
            GroupJson.write(ListedGroup.of(group.get()), writers.conflictOf(key), data);
            data.writeBooleanField(
                "may_change", caller.may(Right.PUSH) && caller.reach().includes(key));
            writeTime("expires_at", expiryMillis(key, group.get().bounds()), data);
          });
    };
  }

  /** When the group expires if no push comes, 0 if it never does or has done so. */
  private long expiryMillis(GroupingKey key, GroupBounds bounds) {
    if (bounds.isStale()) {
      return 0;
    }
    long last = bounds.pushMillis() > 0 ? bounds.pushMillis() : bounds.failureMillis();
    // Time without the process does not count.
    long quietSince = Math.max(last, started.toEpochMilli());
    return rules
        .get()
        .ruleFor(key)
        .flatMap(rule -> rule.patience(bounds.rhythm()))
        .map(patience -> quietSince + patience.toMillis())
        .orElse(0L);
  }

  private Query read(QueryParameters parameters) throws OverLimitException {
    List<String> matches = parameters.selectors("match[]", limits.maxSelectors());
    // Other servers cannot tell the client what is wrong with them.
    GroupSelector.parse(matches);
    Order order = word(parameters, "sort", Order.values()).orElse(Order.NAME);
    return new Query(
        parameters.first("search").orElse(""),
        matches,
        word(parameters, "state", State.values()).orElse(State.ANY),
        order,
        word(parameters, "order", Direction.values()).orElse(Direction.ASC) == Direction.DESC,
        parameters.first(LIMIT).map(GroupsHandler::limit).orElse(STANDARD_LIMIT),
        parameters.first(AFTER).map(GroupsHandler::place));
  }

  private enum Direction {
    ASC,
    DESC
  }

  private static <E extends Enum<E>> Optional<E> word(
      QueryParameters parameters, String name, E[] values) {
    return parameters
        .first(name)
        .map(
            text ->
                Arrays.stream(values)
                    .filter(value -> wordOf(value).equals(text))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            BadParameterException.of(
                                name,
                                "must be one of "
                                    + Arrays.stream(values)
                                        .map(GroupsHandler::wordOf)
                                        .collect(Collectors.joining(", "))
                                    + ": value="
                                    + GoQuote.quote(text))));
  }

  private static String wordOf(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= GroupFinder.MOST_ROWS) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a number out of range.
    }
    throw BadParameterException.of(LIMIT, "must be a number from 1 to " + GroupFinder.MOST_ROWS);
  }

  /** The weight, a dot, and the key. */
  private static Place place(String cursor) {
    int dot = cursor.indexOf('.');
    try {
      return new Place(
          Long.parseLong(cursor.substring(0, Math.max(dot, 0))),
          GroupCursor.read(AFTER, cursor.substring(dot + 1)));
    } catch (NumberFormatException _) {
      throw BadParameterException.of(AFTER, "must be the \"next\" of an earlier answer");
    }
  }

  private void write(Query query, Page page, JsonGenerator out) throws IOException {
    long nowMillis = wallMillis.getAsLong();
    out.writeStartObject();
    out.writeObjectFieldStart("counts");
    out.writeNumberField("all", page.counts().all());
    out.writeNumberField("found", page.counts().found());
    out.writeNumberField("failed", page.counts().failed());
    out.writeNumberField("overdue", page.counts().overdue());
    out.writeNumberField("stale", page.counts().stale());
    out.writeEndObject();
    out.writeArrayFieldStart("groups");
    for (Row row : page.rows()) {
      write(row, nowMillis, out);
    }
    out.writeEndArray();
    out.writeEndObject();
    List<Row> rows = page.rows();
    if (page.isMore() && !rows.isEmpty()) {
      Place last = query.placeOf(rows.getLast());
      out.writeStringField("next", last.weight() + "." + GroupCursor.after(last.key()));
    }
  }

  private static void write(Row row, long nowMillis, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart("labels");
    GroupJson.writePairs(row.key().labels(), out);
    out.writeEndObject();
    writeTime("last_push", row.pushMillis(), out);
    writeTime("last_failure", row.failureMillis(), out);
    out.writeBooleanField("failed", row.isFailed());
    out.writeBooleanField("overdue", row.isOverdue(nowMillis));
    out.writeBooleanField("stale", row.isStale());
    writeTime("stale_since", row.staleMillis(), out);
    if (row.intervalMillis() > 0) {
      out.writeNumberField("interval_seconds", row.intervalMillis() / 1e3);
    }
    out.writeNumberField("series", row.series());
    out.writeNumberField("bytes", row.bytes());
    out.writeEndObject();
  }

  /** Left out if it never happened. */
  private static void writeTime(String name, long millis, JsonGenerator out) throws IOException {
    if (millis > 0) {
      out.writeStringField(name, Instant.ofEpochMilli(millis).toString());
    }
  }
}
