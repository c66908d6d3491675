package io.silverback.server.http;

import io.silverback.server.yaml.GoDuration;
import java.time.Duration;

/**
 * What a connection may take, all of it positive.
 *
 * @param maxConnections the most connections of each listen address
 * @param bodyTimeout how long a head may take, and how long no byte of a body may come
 * @param minBodyRate the bytes a second that a body has to come with, once it is older than twice
 *     the timeout
 * @param maxBodyTime how long a body may take that comes fast enough
 * @param answerTimeout how long a client may take to read its answer
 * @param idleTimeout how long a connection may go without a request
 * @param maxHeadBytes the most memory that heads may take together which are larger than usual and
 *     not whole yet
 */
public record ConnectionLimits(
    int maxConnections,
    Duration bodyTimeout,
    long minBodyRate,
    Duration maxBodyTime,
    Duration answerTimeout,
    Duration idleTimeout,
    long maxHeadBytes) {

  /** For the client whose request is cut off, with the flag to change. */
  String sentence(CutOff reason) {
    return switch (reason) {
      case NO_PROGRESS ->
          "the request took too long to arrive, send faster or raise --limits.body-timeout: limit="
              + GoDuration.format(bodyTimeout);
      case TOO_SLOW ->
          "the body comes too slowly, send faster or lower --limits.min-body-rate: limit="
              + minBodyRate;
      case TOO_LONG ->
          "the body took too long to arrive, send faster or raise --limits.max-body-time: limit="
              + GoDuration.format(maxBodyTime);
      case CROWDED ->
          "all connections are taken and this one made the least progress, send faster or raise"
              + " --limits.max-connections: limit="
              + maxConnections;
      case SHORT_OF_MEMORY ->
          "the memory for bodies is taken and this one came the slowest, send faster or raise"
              + " --limits.max-body-memory";
      case UNREAD -> "the answer was not read, read faster or raise --limits.query-timeout";
      case UNREAD_WHILE_OTHERS_WAIT ->
          "the answer was not read while others waited, read faster or raise"
              + " --limits.max-concurrent-scrapes";
    };
  }
}
