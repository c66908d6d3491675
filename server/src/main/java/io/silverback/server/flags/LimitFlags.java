package io.silverback.server.flags;

import static io.silverback.server.flags.FlagTypes.anyBytes;
import static io.silverback.server.flags.FlagTypes.bytes;
import static io.silverback.server.flags.FlagTypes.count;
import static io.silverback.server.flags.FlagTypes.duration;
import static io.silverback.server.flags.FlagTypes.manyBytes;
import static io.silverback.server.flags.FlagTypes.number;
import static io.silverback.server.flags.FlagTypes.positiveDuration;
import static io.silverback.server.flags.FlagTypes.unlessEmpty;

import io.silverback.server.limits.RequestLimits;
import io.silverback.server.storage.StorageLimits;
import java.time.Duration;
import java.util.Optional;

/** The flags of what requests and the store may take, and the limits that they make. */
final class LimitFlags {
  static final FlagTable TABLE = new FlagTable("Limits");

  static final Flag<Long> MAX_GROUPS =
      TABLE.single("limits.max-groups", count(), "0", "Most groups at a time; 0 for any number.");

  static final Flag<Long> MAX_SERIES =
      TABLE.single(
          "limits.max-series",
          count(),
          "0",
          "Most series of all groups, buckets and quantiles each one; 0 for any number.");

  static final Flag<Long> MAX_SERIES_PER_GROUP =
      TABLE.single(
          "limits.max-series-per-group", count(), "0", "Most series of a group; 0 for any number.");

  static final Flag<Long> MAX_LABEL_LENGTH =
      TABLE.single(
          "limits.max-label-length",
          count(),
          "0",
          "Most bytes of UTF-8 of a metric's name and of a label's name or value, grouping key"
              + " included; 0 for any number.");

  static final Flag<Long> MIN_FREE_DISK =
      TABLE.single(
          "limits.min-free-disk",
          manyBytes(),
          "128MiB",
          "Space on the disk of --persistence.file to leave free.");

  static final Flag<Integer> MAX_BODY_SIZE =
      TABLE.single(
          "limits.max-body-size", bytes(), "64MiB", "Most bytes that the body of a push may have.");

  static final Flag<Integer> MAX_INFLATED_SIZE =
      TABLE.single(
          "limits.max-inflated-size", bytes(), "256MiB", "Most bytes that a body may inflate to.");

  static final Flag<Integer> MAX_INFLATED_PART =
      TABLE.single(
          "limits.max-inflated-part",
          bytes(),
          "16MiB",
          "Most bytes that a line of text, or a message of protobuf, may inflate to.");

  static final Flag<Integer> MAX_PARSED_RATIO =
      TABLE.single(
          "limits.max-parsed-ratio",
          number(Integer.MAX_VALUE),
          "1000",
          "Most heap for what is parsed of a body that inflates to more than 4 MiB, as a multiple of"
              + " the bytes sent. 32 MiB are for free.");

  static final Flag<Optional<Long>> MAX_BODY_MEMORY =
      TABLE.single(
          "limits.max-body-memory",
          unlessEmpty(manyBytes()),
          "",
          "Most heap for all bodies at once and what is parsed of them. Defaults to half of the"
              + " largest heap.");

  static final Flag<Integer> MAX_LABELS_PER_SERIES =
      TABLE.single(
          "limits.max-labels-per-series",
          number(Integer.MAX_VALUE),
          "512",
          "Most labels of a pushed series, those of its grouping key included.");

  static final Flag<Integer> MAX_KEY_LENGTH =
      TABLE.single(
          "limits.max-key-length",
          bytes(),
          "64KiB",
          "Most characters of all label names and values of a grouping key.");

  static final Flag<Integer> MAX_FAMILIES_PER_PUSH =
      TABLE.single(
          "limits.max-families-per-push",
          number(Integer.MAX_VALUE),
          "20000",
          "Most names of metrics in a push.");

  static final Flag<Optional<Long>> MAX_TEMPLATE_MEMORY =
      TABLE.single(
          "limits.max-template-memory",
          unlessEmpty(anyBytes()),
          "",
          "Most heap for templates, which read bodies that differ from the one before in numbers"
              + " only. 0 parses every body. Defaults to a sixteenth of the largest heap.");

  static final Flag<Optional<Long>> MAX_SCRAPE_CACHE =
      TABLE.single(
          "limits.max-scrape-cache",
          unlessEmpty(anyBytes()),
          "",
          "Most heap for pieces of scrapes that are kept deflated, so that they are not deflated"
              + " again where nothing changed. 0 keeps none. Defaults to a sixteenth of the"
              + " largest heap.");

  static final Flag<Optional<Long>> MAX_WIPED_MEMORY =
      TABLE.single(
          "limits.max-wiped-memory",
          unlessEmpty(anyBytes()),
          "",
          "Most heap for the names of wiped groups, which remote write needs to send that their"
              + " series ended. 0 sends none. Defaults to a sixteenth of the largest heap.");

  static final Flag<Duration> PUSH_TIMEOUT =
      TABLE.single(
          "limits.push-timeout",
          positiveDuration(),
          "30s",
          "How long the server may parse and check a push that has arrived.");

  static final Flag<Integer> MAX_SELECTORS =
      TABLE.single(
          "limits.max-selectors",
          number(Integer.MAX_VALUE),
          "256",
          "Most selectors, such as values of match[], in a request.");

  static final Flag<Integer> MAX_FORM_SIZE =
      TABLE.single(
          "limits.max-form-size", bytes(), "1MiB", "Most bytes of a form that a request sends.");

  static final Flag<Duration> BODY_TIMEOUT =
      TABLE.single(
          "limits.body-timeout",
          positiveDuration(),
          "1m",
          "How long a head may take to arrive, and how long nothing of a body may come.");

  static final Flag<Long> MIN_BODY_RATE =
      TABLE.single(
          "limits.min-body-rate",
          manyBytes(),
          "100B",
          "Least bytes a second of a body, from twice --limits.body-timeout on.");

  static final Flag<Duration> MAX_BODY_TIME =
      TABLE.single(
          "limits.max-body-time", positiveDuration(), "1h", "How long a body may take to arrive.");

  static final Flag<Integer> MAX_CONCURRENT_PUSHES =
      TABLE.single(
          "limits.max-concurrent-pushes",
          number(Integer.MAX_VALUE),
          "64",
          "Most pushes handled at once.");

  static final Flag<Integer> MAX_CONCURRENT_SCRAPES =
      TABLE.single(
          "limits.max-concurrent-scrapes",
          number(Integer.MAX_VALUE),
          "8",
          "Most scrapes, lists of all groups and history queries answered at once.");

  static final Flag<Integer> MAX_CONCURRENT_READS =
      TABLE.single(
          "limits.max-concurrent-reads",
          number(Integer.MAX_VALUE),
          "10",
          "Most remote reads and federations answered at once.");

  static final Flag<Optional<Long>> MAX_SCRAPE_MEMORY =
      TABLE.single(
          "limits.max-scrape-memory",
          unlessEmpty(manyBytes()),
          "",
          "Most memory for all scrapes and lists of all groups at once. Defaults to an eighth of"
              + " --storage.max-memory, or of the largest heap without one.");

  static final Flag<Duration> MAX_WAIT =
      TABLE.single(
          "limits.max-wait",
          duration(),
          "5s",
          "How long a request waits for its turn or for memory.");

  static final Flag<Integer> MAX_HISTORY_SAMPLES =
      TABLE.single(
          "limits.max-history-samples",
          number(Integer.MAX_VALUE),
          "50000000",
          "Most samples of a history query.");

  static final Flag<Duration> QUERY_TIMEOUT =
      TABLE.single(
          "limits.query-timeout",
          positiveDuration(),
          "2m",
          "How long a client may take for an answer.");

  static final Flag<Optional<Long>> MAX_QUERY_MEMORY =
      TABLE.single(
          "limits.max-query-memory",
          unlessEmpty(manyBytes()),
          "",
          "Most memory outside of the heap for all history queries at once, such as 64MiB."
              + " Defaults to an eighth of the largest heap.");

  static final Flag<Optional<Integer>> MAX_CONNECTIONS =
      TABLE.single(
          "limits.max-connections",
          unlessEmpty(number(1_000_000)),
          "",
          "Most connections of each listen address; more wait. Defaults to one for 256KiB of the"
              + " largest heap, up to 4096; fewer where file descriptors are short.");

  static final Flag<Duration> IDLE_TIMEOUT =
      TABLE.single(
          "limits.idle-timeout",
          positiveDuration(),
          "5m",
          "How long a connection may go without a request.");

  /** Half of the heap is for everything else, and for what the estimates of bodies miss. */
  private static final int HEAP_PART_OF_BODIES = 2;

  /** Queries take none of the heap, but the process is as large as both. */
  private static final int HEAP_PART_OF_QUERIES = 8;

  private static final int HEAP_PART_OF_TEMPLATES = 16;
  private static final int HEAP_PART_OF_SCRAPE_CACHE = 16;
  private static final int HEAP_PART_OF_WIPED = 16;

  /** What an open connection costs at most, with TLS, and as much again. */
  private static final int HEAP_BYTES_OF_CONNECTION = 256 * 1024;

  private static final int MOST_CONNECTIONS = 4096;

  /** The places of many small groups take less beside what is stored of them. */
  private static final int MEMORY_PART_OF_SCRAPES = 8;

  /** Files of the store, libraries, and the connections of a cluster. */
  private static final int DESCRIPTORS_FOR_THE_REST = 256;

  private LimitFlags() {}

  /** The limits of requests, of which some depend on the heap where the flag is empty. */
  static RequestLimits endpoints(FlagValues flags) {
    long heap = Runtime.getRuntime().maxMemory();
    return new RequestLimits(
        flags.get(MAX_BODY_SIZE),
        flags.get(MAX_INFLATED_SIZE),
        flags.get(MAX_INFLATED_PART),
        flags.get(MAX_PARSED_RATIO),
        flags.get(MAX_BODY_MEMORY).orElse(heap / HEAP_PART_OF_BODIES),
        flags.get(MAX_LABELS_PER_SERIES),
        flags.get(MAX_KEY_LENGTH),
        flags.get(MAX_FAMILIES_PER_PUSH),
        flags.get(MAX_TEMPLATE_MEMORY).orElse(heap / HEAP_PART_OF_TEMPLATES),
        flags.get(MAX_SCRAPE_CACHE).orElse(heap / HEAP_PART_OF_SCRAPE_CACHE),
        flags.get(PUSH_TIMEOUT),
        flags.get(MAX_SELECTORS),
        flags.get(MAX_FORM_SIZE),
        flags.get(BODY_TIMEOUT),
        flags.get(MIN_BODY_RATE),
        flags.get(MAX_BODY_TIME),
        flags.get(MAX_CONCURRENT_PUSHES),
        flags.get(MAX_CONCURRENT_SCRAPES),
        flags.get(MAX_CONCURRENT_READS),
        flags.get(MAX_SCRAPE_MEMORY).orElseGet(() -> scrapeMemory(flags, heap)),
        flags.get(MAX_WAIT),
        flags.get(MAX_HISTORY_SAMPLES),
        flags.get(QUERY_TIMEOUT),
        flags.get(MAX_QUERY_MEMORY).orElse(heap / HEAP_PART_OF_QUERIES),
        maxConnections(flags, heap),
        flags.get(IDLE_TIMEOUT));
  }

  /** The most heap for the names of wiped groups. */
  static long wipedBytes(FlagValues flags) {
    return flags
        .get(MAX_WIPED_MEMORY)
        .orElseGet(() -> Runtime.getRuntime().maxMemory() / HEAP_PART_OF_WIPED);
  }

  /** What the flag says or the heap allows, and never more than there are file descriptors for. */
  private static int maxConnections(FlagValues flags, long heap) {
    int byHeap = (int) Math.min(MOST_CONNECTIONS, heap / HEAP_BYTES_OF_CONNECTION);
    int wanted = flags.get(MAX_CONNECTIONS).orElse(byHeap);
    long descriptors = FileDescriptors.most() - DESCRIPTORS_FOR_THE_REST;
    int addresses = flags.texts(ServerFlags.LISTEN_ADDRESS).size();
    return Math.clamp(Math.min(wanted, descriptors / addresses), 1, wanted);
  }

  private static long scrapeMemory(FlagValues flags, long heap) {
    long memory = flags.get(ServerFlags.MAX_MEMORY);
    return (memory == 0 ? heap : memory) / MEMORY_PART_OF_SCRAPES;
  }

  /** The limits of the store, 0 for those that are not set. */
  static StorageLimits store(FlagValues flags) {
    return new StorageLimits(
        flags.get(ServerFlags.MAX_MEMORY),
        flags.get(MAX_GROUPS),
        flags.get(MAX_SERIES),
        flags.get(MAX_SERIES_PER_GROUP),
        flags.get(MAX_LABEL_LENGTH));
  }
}
