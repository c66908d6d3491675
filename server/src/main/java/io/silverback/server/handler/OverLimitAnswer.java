package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.http.PlainText;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.SnapshotRefusedException;
import java.io.IOException;

/** How requests are turned away that are over a limit: counted, logged and told why. */
final class OverLimitAnswer {
  /** Places are free again as soon as what they work on is done. */
  private static final int RETRY_SECONDS = 1;

  /** The store has room again when something was deleted. */
  private static final int STORE_RETRY_SECONDS = 30;

  private final LimitBoard board;
  private final RequestLog log;

  OverLimitAnswer(LimitBoard board, RequestLog log) {
    this.board = board;
    this.log = log;
  }

  /** Ends a push that the store would have outgrown its limit by. */
  void store(
      ServerRequest request, ServerResponse response, GroupingKey key, Limit limit, String reason) {
    board.countRefused(limit);
    log.overLimit(request, key, limit.flag(), reason);
    end(request, response, statusOf(limit), STORE_RETRY_SECONDS, reason);
  }

  /**
   * Ends a request that is over a limit of the endpoints; nothing of the answer may be sent yet.
   */
  void endpoint(ServerRequest request, ServerResponse response, OverLimitException over) {
    note(request, over);
    end(request, response, over.status(), RETRY_SECONDS, over.reason());
  }

  /** Ends a request about all groups for which there is no memory. */
  void snapshot(ServerRequest request, ServerResponse response, SnapshotRefusedException refused) {
    endpoint(request, response, ofScrapes(refused));
  }

  /** Breaks an answer off that cannot be finished as it was begun. */
  void lost(ServerRequest request, GroupLostException lost) {
    note(request, ofScrapes(lost));
    throw new CloseConnectionException("a group was lost", lost);
  }

  private static OverLimitException ofScrapes(RuntimeException fault) {
    return OverLimitException.busy(RequestLimit.SCRAPE_MEMORY, String.valueOf(fault.getMessage()));
  }

  /** The same as an error of the JSON API. */
  void query(ServerRequest request, ServerResponse response, OverLimitException over)
      throws IOException {
    note(request, over);
    retryAfter(response, over.status(), RETRY_SECONDS);
    // Prometheus' names for the two.
    String type = over.status() == 422 ? "execution" : "timeout";
    JsonAnswer.refuse(request, response, over.status(), type, over.reason());
  }

  /** Counts and logs only: for an answer that has begun and can but be broken off. */
  void note(ServerRequest request, OverLimitException over) {
    board.countRefused(over.limit());
    log.overLimit(request, over.limit().flag(), over.limit().flag(), over.reason());
  }

  static int statusOf(Limit limit) {
    return switch (limit) {
      case SERIES_PER_GROUP, LABEL_LENGTH -> 422;
      case ENTRY -> 413;
      case GROUPS, SERIES -> 429;
      case MEMORY, FREE_DISK -> 503;
    };
  }

  private static void end(
      ServerRequest request, ServerResponse response, int status, int retrySeconds, String reason) {
    retryAfter(response, status, retrySeconds);
    PlainText.error(request, response, status, reason);
  }

  private static void retryAfter(ServerResponse response, int status, int seconds) {
    if (status == 429 || status == 503) {
      response.header(HeaderNames.RETRY_AFTER, Integer.toString(seconds));
    }
  }
}
