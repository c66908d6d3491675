package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.silverback.codec.exposition.GoQuote;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.GroupSelector;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.permission.Reach;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * {@code POST /api/v1/admin/delete_groups}: deletes the groups whose grouping labels match, one by
 * one, or only tells which those are.
 *
 * <p>If one of them is out of the client's reach, nothing is deleted.
 *
 * <p>Any number of groups takes a fixed amount of memory. Each group that is there when the request
 * comes is deleted once; one that is pushed again meanwhile is there again.
 */
final class DeleteGroupsHandler {
  private static final String MATCH = "match[]";
  private static final String DRY_RUN = "dry_run";
  private static final Set<String> KNOWN = Set.of(MATCH, DRY_RUN);

  /** Characters of keys that are held at once, about. */
  private static final long BATCH_WEIGHT = 16 << 20;

  /** Groups that the answer names; it counts all. */
  private static final int MOST_NAMED = 1000;

  /** Fewer are named if their keys are long. */
  private static final long MOST_NAMED_WEIGHT = 1 << 20;

  private final MetricStore store;
  private final RequestLimits limits;
  private final FormParameters forms;
  private final Permits permits;
  private final OverLimitAnswer overLimit;
  private final Consumer<GroupingKey> onDelete;
  private final RequestLog log;

  /**
   * A handler over that store.
   *
   * @param onDelete told of each group that was deleted
   */
  DeleteGroupsHandler(
      MetricStore store,
      RequestLimits limits,
      FormParameters forms,
      Permits permits,
      OverLimitAnswer overLimit,
      Consumer<GroupingKey> onDelete,
      RequestLog log) {
    this.store = store;
    this.limits = limits;
    this.forms = forms;
    this.permits = permits;
    this.overLimit = overLimit;
    this.onDelete = onDelete;
    this.log = log;
  }

  private record Order(
      List<String> matches, List<GroupSelector> selectors, Reach reach, boolean isDryRun) {
    boolean isMeant(GroupingKey key) {
      Deadline.current().look();
      return selectors.stream().anyMatch(selector -> selector.matches(key));
    }
  }

  /** What was done so far. */
  private static final class Outcome {
    private final List<GroupingKey> named = new ArrayList<>();
    private long namedWeight;
    private long groups;
    private long failed;
    private boolean isBegun;

    private void done(GroupingKey key) {
      groups++;
      if (named.size() < MOST_NAMED && namedWeight < MOST_NAMED_WEIGHT) {
        named.add(key);
        namedWeight += KeyBatch.weightOf(key);
      }
    }
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      Order order;
      try {
        order = read(forms.read(request), Permits.reachOf(request));
      } catch (UnreadableBodyException e) {
        log.refused(RefusalReason.MALFORMED_BODY);
        JsonAnswer.refuse(request, response, e.reason());
        return;
      } catch (OverLimitException e) {
        overLimit.endpoint(request, response, e);
        return;
      }
      var outcome = new Outcome();
      var deadline =
          Deadline.of(limits.queryTimeout(), System::nanoTime, Exchange.of(request)::isAbandoned);
      deadline.begin();
      try {
        outcome.isBegun = isInReach(order, deadline);
        if (!outcome.isBegun) {
          permits.refuseSelectors(request, response);
          return;
        }
        carryOut(request, order, deadline, outcome);
      } catch (DeadlineException e) {
        switch (e.reason()) {
          case TIME -> overLimit.endpoint(request, response, QueryBounds.tookTooLong(limits));
          case ABANDONED -> throw new CloseConnectionException("the client went away", e);
        }
        return;
      } finally {
        if (!order.isDryRun() && outcome.isBegun) {
          log.groupsDeleted(request, order.matches(), outcome.groups, outcome.failed);
        }
      }
      JsonAnswer.send(request, response, data -> write(order, outcome, data));
    };
  }

  private Order read(QueryParameters parameters, Reach reach) throws OverLimitException {
    // A misspelled dry_run must not delete.
    Set<String> unknown = new TreeSet<>(parameters.names());
    unknown.removeAll(KNOWN);
    if (!unknown.isEmpty()) {
      throw BadParameterException.of(
          unknown.iterator().next(), "there is no such parameter, only match[] and dry_run");
    }
    List<String> matches = parameters.selectors(MATCH, limits.maxSelectors());
    if (matches.isEmpty()) {
      throw new BadParameterException(
          "no match[] parameter provided, add one such as match[]={job=\"x\"}");
    }
    try {
      return new Order(
          matches, GroupSelector.parse(matches), reach, isDryRun(parameters.all(DRY_RUN)));
    } catch (MalformedSelectorException e) {
      throw BadParameterException.of(MATCH, String.valueOf(e.getMessage()));
    }
  }

  private static boolean isDryRun(List<String> given) {
    boolean dry = false;
    for (String value : given) {
      dry |=
          switch (value) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw BadParameterException.of(
                    DRY_RUN, "must be true or false: value=" + GoQuote.quote(value));
          };
    }
    return dry;
  }

  /** True if no group is meant that the client may not change. */
  private boolean isInReach(Order order, Deadline deadline) {
    if (order.reach().isAll()) {
      return true;
    }
    var isOut = new AtomicBoolean();
    deadline.during(
        () ->
            store.names(
                key -> {
                  if (order.isMeant(key) && !order.reach().includes(key)) {
                    isOut.set(true);
                  }
                }));
    return !isOut.get();
  }

  /** Throws {@link DeadlineException} if it takes too long to find the groups. */
  private void carryOut(ServerRequest request, Order order, Deadline deadline, Outcome outcome) {
    Optional<KeyBatch> next = Optional.of(KeyBatch.first(BATCH_WEIGHT));
    while (next.isPresent()) {
      KeyBatch batch = next.get();
      deadline.during(
          () ->
              store.names(
                  key -> {
                    // One that came after the look at all of them is left.
                    if (order.isMeant(key) && order.reach().includes(key)) {
                      batch.offer(key);
                    }
                  }));
      for (GroupingKey key : batch.keys()) {
        carryOut(request, order, key, outcome);
      }
      next = batch.next();
    }
  }

  private void carryOut(ServerRequest request, Order order, GroupingKey key, Outcome outcome) {
    if (!order.isDryRun()) {
      if (!(store.submit(new GroupUpdate.Delete(key)) instanceof Submission.Accepted)) {
        outcome.failed++;
        return;
      }
      onDelete.accept(key);
      log.deleted(request, key);
    }
    outcome.done(key);
  }

  private static void write(Order order, Outcome outcome, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeBooleanField("dry_run", order.isDryRun());
    out.writeNumberField("count", outcome.groups);
    out.writeNumberField("failed", outcome.failed);
    out.writeArrayFieldStart("groups");
    for (GroupingKey key : outcome.named) {
      out.writeStartObject();
      GroupJson.writePairs(key.labels(), out);
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeBooleanField("truncated", outcome.groups > outcome.named.size());
    out.writeEndObject();
  }
}
