package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.Omissions;
import io.silverback.server.http.BasicUser;
import io.silverback.server.http.Exchange;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.permission.Caller;
import io.silverback.server.writers.WriterWatch;
import java.time.Duration;
import java.util.List;

/**
 * What the operator reads about requests: lines of the log, and how many were refused and why.
 * Thread-safe.
 *
 * <p>Whatever a client can cause again and again is limited per group or client: see {@link
 * RateLimitedLog}.
 */
final class RequestLog {
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final int MAX_SUBJECTS = 1000;

  private final Log log = Log.of(RequestLog.class);
  private final LimitBoard board;
  private final RateLimitedLog limited =
      new RateLimitedLog(log, INTERVAL, MAX_SUBJECTS, System::nanoTime);

  /** For what goes on for as long as nobody does something about it. */
  private final RateLimitedLog hourly =
      new RateLimitedLog(log, Duration.ofHours(1), MAX_SUBJECTS, System::nanoTime);

  RequestLog(LimitBoard board) {
    this.board = board;
  }

  /** Counts a request of which the log has no line. */
  void refused(RefusalReason reason) {
    board.countRefused(reason);
  }

  /** Several clients overwrite one another. */
  void writerConflict(ServerRequest request, WriterWatch.Conflict conflict) {
    hourly.error(
        conflict.key(),
        "several clients write one group in turn and overwrite one another, give each a grouping"
            + " key of its own",
        "source",
        sourceOf(request),
        "group",
        conflict.key(),
        "evidence",
        conflict.evidence().label(),
        "writers",
        String.join(", ", conflict.names()));
  }

  /** A remote read found nothing, because of a label. */
  void unknownLabel(ServerRequest request, String label) {
    hourly.warn(
        label,
        "a remote read found nothing, as it asks for a label that no series has; if it is an"
            + " external label of Prometheus, set --remote-read.external-label",
        "source",
        sourceOf(request),
        "label",
        label);
  }

  /** The path of a push or a deletion names no group. */
  void malformedKey(ServerRequest request, String reason) {
    board.countRefused(RefusalReason.MALFORMED_KEY);
    limited.info(
        clientOf(request),
        "failed to parse URL",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "url",
        request.path().rawPath(),
        "err",
        reason);
  }

  void unreadableBody(ServerRequest request, GroupingKey key, String reason) {
    board.countRefused(RefusalReason.MALFORMED_BODY);
    limited.info(
        key,
        "failed to parse text",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "group",
        key,
        "err",
        reason);
    // upstream: says this at debug only, where operators who look for it there go on finding it.
    log.debug("failed to parse text", "source", sourceOf(request), "err", reason);
  }

  void refusedPush(ServerRequest request, GroupingKey key, String reason) {
    board.countRefused(RefusalReason.INCONSISTENT);
    limited.error(
        key,
        "pushed metrics are invalid or inconsistent with existing metrics",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "group",
        key,
        "err",
        reason);
  }

  /**
   * A request that a limit turned away.
   *
   * @param subject what lines are counted by, so that one client cannot hide the others
   */
  void overLimit(ServerRequest request, Object subject, String flag, String reason) {
    limited.error(
        subject,
        "refused a request over a limit",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "url",
        request.path().rawPath(),
        "flag",
        flag,
        "err",
        reason);
  }

  /** A web page of another site asked for a change. */
  void foreignPage(ServerRequest request) {
    board.countRefused(RefusalReason.FOREIGN_PAGE);
    limited.info(
        clientOf(request),
        "refused a request of a foreign web page",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "url",
        request.path().rawPath(),
        "origin",
        request.headers().first(HeaderNames.ORIGIN).orElse(""),
        "site",
        request.headers().first(ForeignPage.SEC_FETCH_SITE).orElse(""));
  }

  /** Credentials that nobody has; what they were is not said. */
  void wrongCredentials(ServerRequest request) {
    board.countRefused(RefusalReason.UNAUTHORIZED);
    limited.info(
        "credentials of " + clientOf(request),
        "refused a request with wrong credentials",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "url",
        request.path().rawPath());
  }

  /**
   * A client asked for something that it has no right to.
   *
   * @param group the one that is out of reach; empty if that is not what is missing
   */
  void forbidden(
      ServerRequest request, RefusalReason reason, Caller caller, String right, String group) {
    board.countRefused(reason);
    limited.info(
        caller.name() + " at " + clientOf(request),
        "refused a request for which a right is missing",
        "method",
        methodOf(request),
        "source",
        sourceOf(request),
        "client",
        caller.name(),
        "url",
        request.path().rawPath(),
        "right",
        right,
        "groups",
        caller.reach(),
        "group",
        group);
  }

  /** An audit line: who deleted what. */
  void deleted(ServerRequest request, GroupingKey key) {
    log.info("group deleted", "source", sourceOf(request), "user", userOf(request), "group", key);
  }

  /** An audit line: who deleted all groups that match, after a line for each of them. */
  void groupsDeleted(ServerRequest request, List<String> matches, long groups, long failed) {
    log.info(
        "groups deleted by selector",
        "source",
        sourceOf(request),
        "user",
        userOf(request),
        "match",
        String.join(" ", matches),
        "groups",
        groups,
        "failed",
        failed);
  }

  /** An audit line: who deleted everything. */
  void wiped(ServerRequest request, int groups) {
    log.info(
        "all groups deleted",
        "source",
        sourceOf(request),
        "user",
        userOf(request),
        "groups",
        groups);
  }

  /** An audit line: who told the cluster to do what, and what became of it. */
  void ordered(ServerRequest request, String command, String node, String outcome) {
    log.info(
        "the cluster got a command",
        "source",
        sourceOf(request),
        "user",
        userOf(request),
        "command",
        command,
        "node",
        node,
        "outcome",
        outcome);
  }

  /** An audit line: who had the store copied. */
  void copied(ServerRequest request, String name) {
    log.info("store copied", "source", sourceOf(request), "user", userOf(request), "name", name);
  }

  void copyFailed(ServerRequest request, Exception fault) {
    log.error("cannot copy the store", "source", sourceOf(request), "err", fault);
  }

  /** What a scrape could not show. */
  void omitted(Omissions omissions) {
    if (omissions.metrics() > 0) {
      limited.error(
          "left out",
          "left metrics out of the exposition that cannot be shown beside others",
          "metrics",
          omissions.metrics(),
          "reasons",
          String.join("; ", omissions.reasons()));
    }
    if (!omissions.hiddenOwn().isEmpty()) {
      hourly.info(
          "hidden",
          "pushed families hide metrics of the server, which are at /-/metrics",
          "families",
          String.join(",", omissions.hiddenOwn()));
    }
    if (!omissions.differingHelp().isEmpty()) {
      limited.info(
          "help",
          "metric families inconsistent help strings",
          "err",
          // upstream: diskmetricstore.go says this, and people search their logs for it.
          "Metric families have inconsistent help strings. The latter will have priority. This is"
              + " bad. Fix your pushed metrics!",
          "families",
          String.join(",", omissions.differingHelp()));
    }
  }

  /** Groups that a scrape could not keep as they were. */
  void lost(int groups) {
    if (groups > 0) {
      limited.error(
          "lost",
          "left groups out of a scrape that changed meanwhile, raise --limits.max-scrape-memory",
          "groups",
          groups);
    }
  }

  private static String methodOf(ServerRequest request) {
    return request.prologue().method().text();
  }

  private static String clientOf(ServerRequest request) {
    return request.remotePeer().host();
  }

  private static String sourceOf(ServerRequest request) {
    return request.remotePeer().host() + ":" + request.remotePeer().port();
  }

  private static String userOf(ServerRequest request) {
    String client = Exchange.of(request).caller().name();
    if (!client.isEmpty()) {
      return client;
    }
    return request.headers().first(HeaderNames.AUTHORIZATION).map(BasicUser::nameIn).orElse("");
  }
}
