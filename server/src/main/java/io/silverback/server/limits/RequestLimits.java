package io.silverback.server.limits;

import java.time.Duration;

/**
 * How much requests may take, all of it positive, but for the templates and the cache of scrapes.
 *
 * @param maxBodyBytes the most bytes that a push may send
 * @param maxInflatedBytes the most bytes that they may inflate to
 * @param maxInflatedPartBytes the most bytes that a line or a message may inflate to
 * @param maxParsedRatio the most heap, for each byte sent, for what is parsed of bytes that inflate
 *     to very many
 * @param maxBodyMemoryBytes the most heap that all bodies together may take, what is parsed of them
 *     included
 * @param maxLabels the most labels of a series, those of its grouping key included
 * @param maxKeyLength the most characters of all names and values of a grouping key
 * @param maxFamilies the most names of metrics in a push
 * @param maxTemplateBytes the most heap for templates of bodies that are pushed again and again
 * @param maxScrapeCacheBytes the most heap for pieces of scrapes that are kept deflated
 * @param pushTimeout how long the server may work on a push that has arrived
 * @param maxSelectors the most selectors of a request
 * @param maxFormBytes the most bytes of a form
 * @param bodyTimeout how long the head of a request may take to arrive, and how long no byte of its
 *     body may come
 * @param minBodyRate the bytes a second that a body has to come with in the long run
 * @param maxBodyTime how long a body may take that comes fast enough
 * @param maxPushes the most pushes that are parsed and stored side by side
 * @param maxScrapes the most large answers that are written side by side
 * @param maxReads the most answers of remote read that are put together and written side by side
 * @param maxScrapeMemoryBytes the most memory that all answers about all groups may take together
 * @param maxWait how long a request waits for what others take before it is refused
 * @param maxHistorySamples the most samples of an answer
 * @param queryTimeout how long a query and the client may take for an answer
 * @param maxQueryMemoryBytes the most memory outside of the heap that all queries together may take
 * @param maxConnections the most connections of each listen address
 * @param idleTimeout how long a connection may go without a request
 */
public record RequestLimits(
    int maxBodyBytes,
    int maxInflatedBytes,
    int maxInflatedPartBytes,
    int maxParsedRatio,
    long maxBodyMemoryBytes,
    int maxLabels,
    int maxKeyLength,
    int maxFamilies,
    long maxTemplateBytes,
    long maxScrapeCacheBytes,
    Duration pushTimeout,
    int maxSelectors,
    int maxFormBytes,
    Duration bodyTimeout,
    long minBodyRate,
    Duration maxBodyTime,
    int maxPushes,
    int maxScrapes,
    int maxReads,
    long maxScrapeMemoryBytes,
    Duration maxWait,
    long maxHistorySamples,
    Duration queryTimeout,
    long maxQueryMemoryBytes,
    int maxConnections,
    Duration idleTimeout) {

  /** What a limit is set to, in its unit. */
  double most(RequestLimit limit) {
    return switch (limit) {
      case BODY_SIZE -> maxBodyBytes;
      case INFLATED_SIZE -> maxInflatedBytes;
      case INFLATED_PART -> maxInflatedPartBytes;
      case PARSED_RATIO -> maxParsedRatio;
      case BODY_MEMORY -> maxBodyMemoryBytes;
      case LABELS -> maxLabels;
      case KEY_LENGTH -> maxKeyLength;
      case FAMILIES -> maxFamilies;
      case PUSH_TIMEOUT -> seconds(pushTimeout);
      case SELECTORS -> maxSelectors;
      case FORM_SIZE -> maxFormBytes;
      case BODY_TIMEOUT -> seconds(bodyTimeout);
      case BODY_RATE -> minBodyRate;
      case BODY_TIME -> seconds(maxBodyTime);
      case PUSHES -> maxPushes;
      case SCRAPES -> maxScrapes;
      case READS -> maxReads;
      case SCRAPE_MEMORY -> maxScrapeMemoryBytes;
      case HISTORY_SAMPLES -> maxHistorySamples;
      case QUERY_TIMEOUT -> seconds(queryTimeout);
      case QUERY_MEMORY -> maxQueryMemoryBytes;
      case CONNECTIONS -> maxConnections;
    };
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
