package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.http.ClientAddress;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.PlainText;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.permission.Caller;
import io.silverback.server.permission.Permissions;
import io.silverback.server.permission.Reach;
import io.silverback.server.permission.Right;
import io.silverback.server.web.Admission;
import io.silverback.server.web.Guard;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses what the sender of a request may not do, and says which right is missing. Thread-safe.
 *
 * <p>A right is looked at before an endpoint is, and which groups it is for once the grouping key
 * is known: that under which a group is stored, after the rewrite rules. A node of a cluster judges
 * the requests that it gets itself, before it passes anything on.
 */
final class Permits {
  private static final String FLAG = "--web.permissions.file";

  private static final Caller PROBE = new Caller("", Set.of(Right.PROBES), Reach.ALL);

  private final Guard guard;
  private final Permissions permissions;
  private final Set<String> probes;
  private final RequestLog log;

  /**
   * Judges by both.
   *
   * @param guard decides which requests get an answer at all
   * @param probes paths that need neither a password nor a right; only as they are here, and none
   *     that resembles them
   */
  Permits(Guard guard, Permissions permissions, Set<String> probes, RequestLog log) {
    this.guard = guard;
    this.permissions = permissions;
    this.probes = probes;
    this.log = log;
  }

  /** Finds out who sent the request. True if it must not go on; then it has its answer. */
  boolean refuses(ServerRequest request, ServerResponse response) {
    if (probes.contains(request.path().rawPath())) {
      Exchange.of(request).identify(PROBE);
      return false;
    }
    String authorization = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    Admission admission =
        guard.admit(authorization, ClientAddress.of(request.remotePeer()).getAddress());
    admission.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
    return switch (admission) {
      case Admission.Admitted(_, var user) -> {
        Exchange exchange = Exchange.of(request);
        Optional<Caller> caller =
            permissions.callerOf(user, authorization, exchange::clientCertificate);
        caller.ifPresent(exchange::identify);
        if (caller.isEmpty()) {
          log.wrongCredentials(request);
          challenge(response);
          PlainText.error(request, response, 401, "Unauthorized");
        }
        yield caller.isEmpty();
      }
      case Admission.Refused refused -> {
        log.refused(reasonOf(refused));
        PlainText.end(
            request,
            response.status(refused.status()),
            refused.body().getBytes(StandardCharsets.UTF_8));
        yield true;
      }
    };
  }

  private static RefusalReason reasonOf(Admission.Refused refused) {
    return switch (refused.status()) {
      case 401 -> RefusalReason.UNAUTHORIZED;
      case 429 -> RefusalReason.RATE_LIMIT;
      case 503 -> RefusalReason.PASSWORDS_BUSY;
      default -> RefusalReason.INVALID_WEB_CONFIG;
    };
  }

  private void challenge(ServerResponse response) {
    response.header(HeaderNames.WWW_AUTHENTICATE, permissions.challenge().orElse("Bearer"));
  }

  /** True if the sender does not have that right; then the request has its answer. */
  boolean refuses(ServerRequest request, ServerResponse response, Right right) {
    Caller caller = Exchange.of(request).caller();
    if (caller.may(right)) {
      return false;
    }
    refuse(request, response, caller, right.label());
    return true;
  }

  /**
   * True if the sender may do nothing at all, and so does not learn either which paths there are;
   * then the request has its answer.
   */
  boolean refusesStranger(ServerRequest request, ServerResponse response) {
    Caller caller = Exchange.of(request).caller();
    if (!caller.rights().isEmpty()) {
      return false;
    }
    refuse(request, response, caller, "any");
    return true;
  }

  private void refuse(ServerRequest request, ServerResponse response, Caller caller, String right) {
    boolean isUnnamed = caller.name().isEmpty() && permissions.challenge().isPresent();
    log.forbidden(
        request,
        isUnnamed ? RefusalReason.UNAUTHORIZED : RefusalReason.FORBIDDEN,
        caller,
        right,
        "");
    if (isUnnamed) {
      challenge(response);
      PlainText.error(request, response, 401, "Unauthorized, this needs the right " + right);
    } else {
      PlainText.error(
          request,
          response,
          403,
          "this needs the right %s, which %s does not give:".formatted(right, FLAG)
              + clientOf(caller));
    }
  }

  /** True if the sender may not change that group; then the request has its answer. */
  boolean refuses(ServerRequest request, ServerResponse response, GroupingKey key) {
    Caller caller = Exchange.of(request).caller();
    if (caller.reach().includes(key)) {
      return false;
    }
    log.forbidden(
        request, RefusalReason.FORBIDDEN_GROUP, caller, Right.PUSH.label(), key.toString());
    PlainText.error(
        request, response, 403, pushedElsewhere(caller) + ": group=" + key + clientOf(caller));
    return true;
  }

  /** The same for groups of which at least one may not be changed. */
  void refuseSelectors(ServerRequest request, ServerResponse response) {
    Caller caller = Exchange.of(request).caller();
    log.forbidden(request, RefusalReason.FORBIDDEN_GROUP, caller, Right.PUSH.label(), "");
    PlainText.error(
        request,
        response,
        403,
        pushedElsewhere(caller) + ", and match[] means others, too:" + clientOf(caller));
  }

  /** True if the sender may not change every group there is; then the request has its answer. */
  boolean refusesAll(ServerRequest request, ServerResponse response) {
    Caller caller = Exchange.of(request).caller();
    if (caller.reach().isAll()) {
      return false;
    }
    log.forbidden(request, RefusalReason.FORBIDDEN_GROUP, caller, Right.ADMIN.label(), "");
    PlainText.error(
        request,
        response,
        403,
        "this needs the right admin for all groups, and %s gives it only for groups that match %s:"
                .formatted(FLAG, caller.reach())
            + clientOf(caller));
    return true;
  }

  private static String pushedElsewhere(Caller caller) {
    return "%s gives the right push only for groups that match %s".formatted(FLAG, caller.reach());
  }

  private static String clientOf(Caller caller) {
    return " client=" + caller.name();
  }

  /** Which groups the sender may change. */
  static Reach reachOf(ServerRequest request) {
    return Exchange.of(request).caller().reach();
  }
}
