package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.http.PlainText;
import io.silverback.server.http.RequestPath;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.metrics.GatewayMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Finds the endpoint for a request, and answers requests without an endpoint itself: redirects to
 * the right spelling of a path, OPTIONS, 405 and 404. Nothing that may change something is done for
 * a {@link ForeignPage}, and nothing at all without the right for it ({@link Permits}).
 *
 * <p>The rules are those of upstream's router (julienschmidt/httprouter below Go's ServeMux), since
 * clients and probes live by them: a known path is known per method, HEAD is never routed, and the
 * spelling is only corrected for methods that have a route there.
 */
final class Router {
  private static final String OPTIONS = "OPTIONS";

  private static final String PUSH = "push";

  private static final String FOREIGN_PAGE =
      "a web page of another site must not change anything here; if the page is of this server,"
          + " set --web.external-url to the address that browsers see";

  private final List<Route> routes;
  private final GatewayMetrics metrics;
  private final Permits permits;
  private final ForeignPage foreignPage;
  private final RequestLog log;

  Router(
      List<Route> routes,
      GatewayMetrics metrics,
      Permits permits,
      ForeignPage foreignPage,
      RequestLog log) {
    this.routes = List.copyOf(routes);
    this.metrics = metrics;
    this.permits = permits;
    this.foreignPage = foreignPage;
    this.log = log;
  }

  /** In the order in which they are tried. */
  List<Route> routes() {
    return routes;
  }

  void route(ServerRequest request, ServerResponse response) throws IOException {
    String method = request.prologue().method().text();
    Optional<RequestPath> path = RequestPath.decode(request.path().rawPath());
    Optional<Found> found =
        path.filter(it -> it.cleaned().equals(it.path())).flatMap(it -> find(method, it.path()));
    if (found.isPresent()) {
      answer(found.get().route(), found.get().parameters(), request, response);
    } else if (!permits.refusesStranger(request, response)) {
      answerUnrouted(request, response, method, path);
    }
  }

  private record Found(Route route, List<String> parameters) {}

  private Optional<Found> find(String method, String path) {
    for (Route route : routes) {
      if (route.method().equals(method)) {
        Optional<List<String>> parameters = route.path().match(path);
        if (parameters.isPresent()) {
          return Optional.of(new Found(route, parameters.get()));
        }
      }
    }
    return Optional.empty();
  }

  private void answerUnrouted(
      ServerRequest request,
      ServerResponse response,
      String method,
      Optional<RequestPath> requestPath) {
    if (isAboutTheServer(request)) {
      response.status(200).send();
      return;
    }
    if (requestPath.isEmpty()) {
      log.refused(RefusalReason.MALFORMED_PATH);
      PlainText.error(request, response, 400, "malformed request path");
      return;
    }
    String path = requestPath.get().path();
    String cleaned = requestPath.get().cleaned();
    if (cleaned.equals(path)) {
      answerUnrouted(request, response, method, path);
    } else {
      redirect(request, response, 307, cleaned, PushHint.ofPath(path));
    }
  }

  /** {@code OPTIONS *}, with which some probes ask for no path at all. */
  private static boolean isAboutTheServer(ServerRequest request) {
    return request.prologue().method().text().equals(OPTIONS)
        && request.path().rawPath().equals("*");
  }

  private void answer(
      Route route, List<String> parameters, ServerRequest request, ServerResponse response)
      throws IOException {
    long start = System.nanoTime();
    boolean isAnswered = false;
    try {
      if (!permits.refuses(request, response, route.right())
          && !refusesForeignPage(route, request, response)) {
        route.endpoint().answer(request, response, parameters);
      }
      isAnswered = true;
    } catch (BadParameterException e) {
      log.refused(RefusalReason.MALFORMED_PARAMETER);
      JsonAnswer.refuse(request, response, String.valueOf(e.getMessage()));
      isAnswered = true;
    } finally {
      // An answer that also ends its connection does so by an exception, once it is sent.
      if (isAnswered || response.isSent()) {
        count(route, request, response, start);
      }
    }
  }

  /** True if nothing is done for the page that sent the request; then it has its answer. */
  private boolean refusesForeignPage(Route route, ServerRequest request, ServerResponse response) {
    if (!route.mayChange() || !foreignPage.sent(request)) {
      return false;
    }
    log.foreignPage(request);
    PlainText.error(request, response, 403, FOREIGN_PAGE);
    return true;
  }

  private void count(Route route, ServerRequest request, ServerResponse response, long start) {
    if (route.name().isEmpty()) {
      return;
    }
    metrics.countRequest(route.name(), response.status().code(), route.method());
    if (route.name().equals(PUSH)) {
      metrics.observePush(
          route.method(), RequestSize.of(request), (System.nanoTime() - start) / 1e9);
    }
  }

  private void answerUnrouted(
      ServerRequest request, ServerResponse response, String method, String path) {
    Optional<String> corrected = corrected(method, path);
    if (corrected.isPresent()) {
      int status = method.equals("GET") ? 301 : 307;
      redirect(request, response, status, corrected.get(), Optional.empty());
      return;
    }
    SortedSet<String> allowed = allowed(path);
    if (allowed.isEmpty()) {
      log.refused(RefusalReason.UNKNOWN_PATH);
      PlainText.error(request, response, 404, "404 page not found");
      return;
    }
    allowed.add(OPTIONS);
    response.header(HeaderNames.ALLOW, String.join(", ", allowed));
    if (method.equals(OPTIONS)) {
      response.status(200).send();
    } else {
      log.refused(RefusalReason.WRONG_METHOD);
      PlainText.error(request, response, 405, "Method Not Allowed");
    }
  }

  private SortedSet<String> allowed(String path) {
    var methods = new TreeSet<String>();
    for (Route route : routes) {
      if (!route.method().equals(OPTIONS) && route.path().match(path).isPresent()) {
        methods.add(route.method());
      }
    }
    return methods;
  }

  /** The path of a route of that method from which this one differs by case or a last slash. */
  private Optional<String> corrected(String method, String path) {
    if (path.equals("/")) {
      return Optional.empty();
    }
    String otherSlash = path.endsWith("/") ? path.substring(0, path.length() - 1) : path + "/";
    for (String candidate : List.of(path, otherSlash)) {
      for (Route route : routes) {
        if (route.method().equals(method)) {
          Optional<String> spelling =
              route.path().ignoringCase(candidate).filter(other -> !other.equals(path));
          if (spelling.isPresent()) {
            return spelling;
          }
        }
      }
    }
    return Optional.empty();
  }

  private static void redirect(
      ServerRequest request,
      ServerResponse response,
      int status,
      String path,
      Optional<PushHint> hint) {
    String query = request.query().isEmpty() ? "" : "?" + request.query().rawValue();
    String location = RequestPath.encode(path) + query;
    response.header(HeaderNames.LOCATION, location);
    if (request.prologue().method().text().equals("GET")) {
      String reason = status == 301 ? "Moved Permanently" : "Temporary Redirect";
      response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
      response
          .status(status)
          .send("<a href=\"" + location.replace("&", "&amp;") + "\">" + reason + "</a>.\n\n");
    } else if (hint.isPresent()) {
      PlainText.error(request, response, status, hint.get().text());
    } else {
      response.status(status).send();
    }
  }
}
