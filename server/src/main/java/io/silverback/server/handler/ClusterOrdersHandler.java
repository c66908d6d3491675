package io.silverback.server.handler;

import static java.util.Locale.ROOT;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.handler.ClusterOrders.Outcome;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.yaml.GoDuration;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The endpoints below {@code /api/v1/cluster} that change something. */
final class ClusterOrdersHandler {
  private static final String TIMEOUT = "timeout";
  private static final String FORCE = "force";
  private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(10);

  /** Of the members that there are. */
  private static final int MOST_NAMED = 20;

  private final Optional<ClusterOrders> orders;
  private final RequestLog log;

  /**
   * The endpoints of a node.
   *
   * @param orders empty on a single node
   */
  ClusterOrdersHandler(Optional<ClusterOrders> orders, RequestLog log) {
    this.orders = orders;
    this.log = log;
  }

  Endpoint drain() {
    return ofMember("drain", Set.of(TIMEOUT), (to, node, asked) -> to.drain(node, timeout(asked)));
  }

  Endpoint undrain() {
    return ofMember(
        "undrain", Set.of(TIMEOUT), (to, node, asked) -> to.undrain(node, timeout(asked)));
  }

  /**
   * By force also without a majority.
   *
   * @param fenced refuses what needs one
   */
  Endpoint forget(UnaryOperator<Endpoint> fenced) {
    Set<String> known = Set.of(TIMEOUT, FORCE);
    Endpoint usual =
        fenced.apply(
            ofMember("forget", known, (to, node, asked) -> to.forget(node, timeout(asked))));
    Endpoint forced =
        ofMember("forget by force", known, (to, node, asked) -> to.giveUp(node, timeout(asked)));
    return (request, response, parameters) ->
        (isForced(parameters(request, known)) ? forced : usual)
            .answer(request, response, parameters);
  }

  Endpoint repair() {
    return ofAll("repair", ClusterOrders::repair);
  }

  Endpoint rebalance() {
    return ofAll("rebalance", ClusterOrders::rebalance);
  }

  @FunctionalInterface
  private interface Order {
    Outcome give(ClusterOrders to, String node, QueryParameters asked);
  }

  private Endpoint ofMember(String command, Set<String> known, Order order) {
    return (request, response, parameters) -> {
      QueryParameters asked = parameters(request, known);
      String node = parameters.getFirst();
      if (isAlone(request, response)) {
        return;
      }
      Outcome outcome = outcome(() -> order.give(orders.get(), node, asked));
      log.ordered(request, command, node, outcome.getClass().getSimpleName().toLowerCase(ROOT));
      answer(request, response, command, node, outcome);
    };
  }

  private Endpoint ofAll(String command, Consumer<ClusterOrders> order) {
    return (request, response, _) -> {
      parameters(request, Set.of());
      if (isAlone(request, response)) {
        return;
      }
      order.accept(orders.get());
      log.ordered(request, command, "", "done");
      JsonAnswer.send(
          request,
          response,
          202,
          out -> {
            out.writeStartObject();
            out.writeEndObject();
          });
    };
  }

  private boolean isAlone(ServerRequest request, ServerResponse response) throws IOException {
    if (orders.isEmpty()) {
      JsonAnswer.refuse(request, response, ClusterHandler.OFF);
    }
    return orders.isEmpty();
  }

  private static Outcome outcome(Supplier<Outcome> order) {
    try {
      return order.get();
    } catch (StoreNotReadyException e) {
      return new Outcome.Unsettled(String.valueOf(e.getMessage()));
    }
  }

  private void answer(
      ServerRequest request, ServerResponse response, String command, String node, Outcome outcome)
      throws IOException {
    switch (outcome) {
      case Outcome.Done() -> {
        var nothing = new Outcome.Pending(0, 0, List.of());
        send(request, response, 200, command, node, nothing);
      }
      case Outcome.GivenUp(var isDone, var waitingFor, var risks) ->
          JsonAnswer.send(
              request,
              response,
              isDone ? 200 : 202,
              out -> {
                out.writeStartObject();
                out.writeStringField("node_id", node);
                out.writeBooleanField("forgotten", isDone);
                writeTexts(out, "waiting_for", waitingFor);
                writeTexts(out, "risks", risks);
                out.writeEndObject();
              });
      case Outcome.Pending pending -> send(request, response, 202, command, node, pending);
      case Outcome.Unknown(var known) ->
          JsonAnswer.refuse(
              request, response, 404, "not_found", "no such member, known are " + named(known));
      case Outcome.Refused(var reason) ->
          JsonAnswer.refuse(request, response, 409, "conflict", reason);
      case Outcome.Unsettled(var reason) -> {
        log.refused(RefusalReason.NOT_READY);
        response.header(HeaderNames.RETRY_AFTER, "1");
        JsonAnswer.refuse(request, response, 503, "unavailable", reason);
      }
    }
  }

  private static void send(
      ServerRequest request,
      ServerResponse response,
      int status,
      String command,
      String node,
      Outcome.Pending left)
      throws IOException {
    JsonAnswer.send(
        request,
        response,
        status,
        out -> {
          out.writeStartObject();
          out.writeStringField("node_id", node);
          switch (command) {
            case "drain" -> {
              out.writeBooleanField("drained", status == 200);
              out.writeNumberField("slots_led", left.slotsLed());
              out.writeNumberField("under_replicated", left.underReplicated());
              writeTexts(out, "waiting_for", left.waitingFor());
            }
            case "undrain" -> out.writeBooleanField("drained", false);
            default -> out.writeBooleanField("forgotten", true);
          }
          out.writeEndObject();
        });
  }

  private static void writeTexts(JsonGenerator out, String name, List<String> texts)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (String text : texts) {
      out.writeString(text);
    }
    out.writeEndArray();
  }

  private static String named(List<String> known) {
    List<String> some = known.stream().sorted().limit(MOST_NAMED).toList();
    int others = known.size() - some.size();
    return String.join(", ", some) + (others > 0 ? " and " + others + " others" : "");
  }

  /** A misspelled parameter must not count as left out. */
  private static QueryParameters parameters(ServerRequest request, Set<String> known) {
    QueryParameters asked = QueryParameters.parse(request.query().rawValue());
    for (String name : asked.names()) {
      if (!known.contains(name)) {
        throw BadParameterException.of(
            name, known.isEmpty() ? "none is known here" : "known are " + new TreeSet<>(known));
      }
      if (asked.all(name).size() > 1) {
        throw BadParameterException.of(name, "must be given once");
      }
    }
    return asked;
  }

  private static Duration timeout(QueryParameters asked) {
    return asked
        .first(TIMEOUT)
        .map(
            given ->
                GoDuration.parse(given)
                    .filter(time -> !time.isNegative() && time.compareTo(LONGEST_TIMEOUT) <= 0)
                    .orElseThrow(
                        () ->
                            BadParameterException.of(
                                TIMEOUT, "must be a duration from 0s to 10m such as 30s")))
        .orElse(USUAL_TIMEOUT);
  }

  private static boolean isForced(QueryParameters asked) {
    String given = asked.first(FORCE).orElse("false");
    if (!given.equals("true") && !given.equals("false")) {
      throw BadParameterException.of(FORCE, "must be true or false");
    }
    return given.equals("true");
  }
}
