package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Version;
import io.silverback.server.handler.Cardinality.Ranking;
import io.silverback.server.handler.ClusterInfo.Word;
import io.silverback.server.handler.GroupFinder.Counts;
import io.silverback.server.handler.GroupFinder.Page;
import io.silverback.server.handler.GroupFinder.Row;
import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.handler.JobTotals.Totals;
import io.silverback.server.handler.Problems.Kind;
import io.silverback.server.handler.Problems.Problem;
import io.silverback.server.remotewrite.Reached;
import io.silverback.server.storage.MetricStore.Rehearsal;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.OffHeapReplicaStore.Copy;
import io.silverback.server.storage.replica.RehearsalCodec;
import io.silverback.server.writers.GroupClients.Client;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The answer to a {@link ServerQuestion}. Layout: {@code docs/formats/server-questions.md}. Longer
 * than other classes, as each answer is written and read here.
 */
sealed interface ServerAnswer {
  /** Of those of a {@link Word} that are always there. */
  int NUMBERS_LENGTH = 20;

  /** By their numbers. */
  List<Kind> KINDS = List.of(Kind.REFUSED_PUSH, Kind.WRITER_CONFLICT);

  /** The server may not speak for any group now. */
  record Withheld(String reason) implements ServerAnswer {}

  /**
   * What there is in the slots that the server shows.
   *
   * @param slots that it shows: those of all servers are all slots, or groups are missing
   */
  record Counted(int slots, int groups) implements ServerAnswer {}

  /**
   * A page of keys.
   *
   * @param slots as in {@link Counted}
   * @param isLast true if no key follows
   */
  record Named(int slots, boolean isLast, List<byte[]> keys) implements ServerAnswer {}

  /** The states of the first of the keys, an empty one for a group that is gone. */
  record Told(List<byte[]> states) implements ServerAnswer {}

  /** How the server stands. */
  record Stood(Word word) implements ServerAnswer {}

  /**
   * What the server has of a group.
   *
   * @param copy empty if it does not know the group
   */
  record Had(Optional<Copy> copy) implements ServerAnswer {}

  /**
   * Which slots the server shows.
   *
   * @param epochs by slot: of the view that made the server the leader
   */
  record Leads(SortedMap<Integer, Long> epochs) implements ServerAnswer {}

  /** A stream was begun. */
  record Streaming(byte[] stream) implements ServerAnswer {}

  /**
   * A piece of a stream, which a {@link PieceReader} reads.
   *
   * @param records empty if it is not ready yet
   */
  record Piece(List<byte[]> records) implements ServerAnswer {}

  /**
   * A stream was ended.
   *
   * @param holds false if another server may show newer values since
   * @param lost groups that are missing in the stream
   */
  record Ended(boolean holds, int lost) implements ServerAnswer {}

  /**
   * Jobs with what they have, or do, the most of.
   *
   * @param slots as in {@link Counted}
   */
  record Weighed(int slots, List<Heavy> jobs) implements ServerAnswer {}

  /**
   * What there is of each of some jobs.
   *
   * @param slots as in {@link Counted}
   */
  record Summed(int slots, List<Totals> jobs) implements ServerAnswer {}

  /**
   * A page of groups.
   *
   * @param slots as in {@link Counted}
   */
  record Found(int slots, Page page) implements ServerAnswer {}

  /** What clients have trouble with. */
  record Complained(List<Problem> problems) implements ServerAnswer {}

  /** What would become of an update. */
  record Rehearsed(Rehearsal rehearsal) implements ServerAnswer {}

  /**
   * Names with how many series have them.
   *
   * @param slots as in {@link Counted}
   */
  record Ranked(int slots, Ranking ranking) implements ServerAnswer {}

  /** How far a target of remote write got, each place once. */
  record There(List<Reached> reached) implements ServerAnswer {}

  /** Which clients pushed to a group at the server, the last one first. */
  record Pushing(List<Client> clients) implements ServerAnswer {}

  default byte[] encode() {
    return switch (this) {
      case Withheld(var reason) -> start(0, 0, 0).list(List.of(reason), ByteOutput::text).finish();
      case Counted(int slots, int groups) -> start(1, slots, groups).list(List.of()).finish();
      case Named(int slots, boolean isLast, var keys) ->
          start(2, slots, isLast ? 1 : 0).list(keys).finish();
      case Told(var states) -> start(3, 0, 0).list(states).finish();
      case Stood(var word) ->
          start(4, word.ledSlots(), word.takingOver()).list(strings(word)).finish();
      case Had(var copy) -> {
        int exists = copy.isPresent() && copy.get().exists() ? 1 : 0;
        List<byte[]> strings = copy.map(ServerAnswer::bytes).map(List::of).orElse(List.of());
        yield start(5, exists, 0).list(strings).finish();
      }
      case Leads(var epochs) -> {
        var slots = new ByteOutput();
        epochs.forEach((slot, epoch) -> slots.u16(slot).u64(epoch));
        yield start(6, epochs.size(), 0).list(List.of(slots.finish())).finish();
      }
      case Streaming(var stream) -> start(7, 0, 0).list(List.of(stream)).finish();
      case Piece(var records) -> start(8, 0, 0).list(records).finish();
      case Weighed(int slots, var jobs) ->
          start(10, slots, 0).list(jobs, (out, job) -> out.bytes(bytes(job))).finish();
      case Summed(int slots, var jobs) ->
          start(11, slots, 0).list(jobs, (out, job) -> out.bytes(bytes(job))).finish();
      case Found(int slots, var page) ->
          start(12, slots, page.isMore() ? 1 : 0).list(strings(page)).finish();
      case Complained(var problems) ->
          start(13, 0, 0).list(problems, (out, problem) -> out.bytes(bytes(problem))).finish();
      case Rehearsed(var rehearsal) ->
          start(14, 0, 0).list(List.of(RehearsalCodec.encode(rehearsal))).finish();
      case Ranked(int slots, var ranking) -> {
        var strings = new ArrayList<byte[]>();
        strings.add(new ByteOutput().u64(ranking.series()).finish());
        ranking.names().forEach(name -> strings.add(bytes(name)));
        yield start(15, slots, ranking.isExact() ? 1 : 0).list(strings).finish();
      }
      case There(var reached) ->
          start(16, 0, 0).list(reached.stream().map(ServerQuestion::bytes).toList()).finish();
      case Pushing(var clients) ->
          start(17, 0, 0).list(clients, (out, client) -> out.bytes(bytes(client))).finish();
      case Ended(boolean holds, int lost) -> start(9, holds ? 1 : 0, lost).list(List.of()).finish();
    };
  }

  /**
   * The answer that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  static ServerAnswer decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    if (in.u8() != ServerQuestion.FORMAT) {
      throw in.fault("not an answer of this version");
    }
    int kind = in.u8();
    int first = in.size();
    int second = in.size();
    List<byte[]> strings = in.list(ByteInput::bytes);
    in.end();
    return switch (kind) {
      case 0 -> {
        ServerQuestion.expect(1, strings, in);
        yield new Withheld(new String(strings.getFirst(), StandardCharsets.UTF_8));
      }
      case 1 -> new Counted(first, second);
      case 2 -> new Named(first, second == 1, strings);
      case 3 -> new Told(strings);
      case 4 -> new Stood(word(first, second, strings, in));
      case 5 -> new Had(copy(first == 1, strings, in));
      case 6 -> {
        ServerQuestion.expect(1, strings, in);
        yield new Leads(epochs(first, strings.getFirst()));
      }
      case 7 -> {
        ServerQuestion.expect(1, strings, in);
        yield new Streaming(strings.getFirst());
      }
      case 8 -> new Piece(strings);
      case 9 -> {
        ServerQuestion.expect(0, strings, in);
        yield new Ended(first == 1, second);
      }
      case 10 -> new Weighed(first, strings.stream().map(ServerAnswer::heavy).toList());
      case 11 -> new Summed(first, strings.stream().map(ServerAnswer::totals).toList());
      case 12 -> new Found(first, page(second == 1, strings, in));
      case 13 -> new Complained(strings.stream().map(ServerAnswer::problem).toList());
      case 15 -> new Ranked(first, ranking(second == 1, strings, in));
      case 14 -> {
        ServerQuestion.expect(1, strings, in);
        yield new Rehearsed(RehearsalCodec.decode(strings.getFirst()));
      }
      case 16 -> new There(strings.stream().map(ServerQuestion::reached).toList());
      case 17 -> new Pushing(strings.stream().map(ServerAnswer::client).toList());
      default -> throw in.fault("unknown kind of answer " + kind);
    };
  }

  private static List<byte[]> strings(Word word) {
    var strings = new ArrayList<byte[]>();
    var numbers =
        new ByteOutput()
            .u64(word.epoch())
            .u32(word.handingOver())
            .u32(word.underReplicated())
            .u32(word.fewestCopies());
    // Left out mostly, as earlier builds do not read them.
    if (!word.lateLogs().isEmpty() || word.movingHistory() > 0) {
      numbers.u32(word.lateLogs().size());
    }
    if (word.movingHistory() > 0) {
      numbers.u32(word.movingHistory());
    }
    strings.add(numbers.finish());
    strings.add(word.whyNotReady().orElse("").getBytes(StandardCharsets.UTF_8));
    Stream.of(word.silent(), word.lateLogs())
        .flatMap(List::stream)
        .forEach(name -> strings.add(name.getBytes(StandardCharsets.UTF_8)));
    return strings;
  }

  private static Word word(int led, int takingOver, List<byte[]> strings, ByteInput in) {
    if (strings.size() < 2) {
      throw in.fault("wrong number of byte strings");
    }
    List<String> texts =
        strings.stream().skip(1).map(text -> new String(text, StandardCharsets.UTF_8)).toList();
    var numbers = new ByteInput(strings.getFirst());
    long epoch = numbers.u64();
    int handingOver = numbers.size();
    int underReplicated = numbers.size();
    int fewestCopies = numbers.size();
    int length = strings.getFirst().length;
    int late = length > NUMBERS_LENGTH ? numbers.size() : 0;
    int movingHistory = length > NUMBERS_LENGTH + Integer.BYTES ? numbers.size() : 0;
    numbers.end();
    if (late > texts.size() - 1) {
      throw in.fault("wrong number of names");
    }
    return new Word(
        epoch,
        led,
        takingOver,
        handingOver,
        underReplicated,
        fewestCopies,
        movingHistory,
        texts.stream().limit(1).filter(reason -> !reason.isEmpty()).findFirst(),
        texts.subList(1, texts.size() - late),
        texts.subList(texts.size() - late, texts.size()));
  }

  private static SortedMap<Integer, Long> epochs(int count, byte[] slots) {
    var epochs = new TreeMap<Integer, Long>();
    var in = new ByteInput(slots);
    for (int i = 0; i < count; i++) {
      int slot = in.u16();
      if (slot >= HashRing.SLOTS) {
        throw in.fault("no such slot");
      }
      epochs.put(slot, in.u64());
    }
    in.end();
    return epochs;
  }

  private static byte[] bytes(Copy copy) {
    Version newest = copy.newest();
    return new ByteOutput()
        .u64(copy.hash())
        .u64(newest.epoch())
        .u64(newest.clock())
        .u64(newest.incarnation())
        .finish();
  }

  private static Optional<Copy> copy(boolean exists, List<byte[]> strings, ByteInput in) {
    if (strings.isEmpty()) {
      return Optional.empty();
    }
    ServerQuestion.expect(1, strings, in);
    var numbers = new ByteInput(strings.getFirst());
    var copy =
        new Copy(exists, numbers.u64(), new Version(numbers.u64(), numbers.u64(), numbers.u64()));
    numbers.end();
    return Optional.of(copy);
  }

  private static byte[] bytes(Heavy heavy) {
    return new ByteOutput().u64(heavy.sum()).text(heavy.name()).finish();
  }

  private static Heavy heavy(byte[] bytes) {
    var in = new ByteInput(bytes);
    long sum = in.u64();
    var job = new Heavy(in.text(), sum);
    in.end();
    return job;
  }

  private static Ranking ranking(boolean isExact, List<byte[]> strings, ByteInput in) {
    if (strings.isEmpty()) {
      throw in.fault("wrong number of byte strings");
    }
    var head = new ByteInput(strings.getFirst());
    long series = head.u64();
    head.end();
    return new Ranking(isExact, series, strings.stream().skip(1).map(ServerAnswer::heavy).toList());
  }

  private static byte[] bytes(Totals job) {
    return new ByteOutput()
        .u64(job.groups())
        .u64(job.series())
        .u64(job.bytes())
        .u64(job.pushes())
        .u64(job.refusals())
        .finish();
  }

  private static Totals totals(byte[] bytes) {
    var in = new ByteInput(bytes);
    var job = new Totals(in.u64(), in.u64(), in.u64(), in.u64(), in.u64());
    in.end();
    return job;
  }

  /** The counts, and then the rows. */
  private static List<byte[]> strings(Page page) {
    var strings = new ArrayList<byte[]>();
    Counts counts = page.counts();
    strings.add(
        new ByteOutput()
            .u64(counts.all())
            .u64(counts.found())
            .u64(counts.failed())
            .u64(counts.overdue())
            .u64(counts.stale())
            .finish());
    for (Row row : page.rows()) {
      strings.add(
          new ByteOutput()
              .u64(row.pushMillis())
              .u64(row.failureMillis())
              .u64(row.staleMillis())
              .u64(row.intervalMillis())
              .u64(row.series())
              .u64(row.bytes())
              .bytes(GroupKeys.encode(row.key()))
              .finish());
    }
    return strings;
  }

  private static Page page(boolean isMore, List<byte[]> strings, ByteInput in) {
    if (strings.isEmpty()) {
      throw in.fault("wrong number of byte strings");
    }
    var head = new ByteInput(strings.getFirst());
    var counts = new Counts(head.u64(), head.u64(), head.u64(), head.u64(), head.u64());
    head.end();
    return new Page(strings.stream().skip(1).map(ServerAnswer::row).toList(), isMore, counts);
  }

  private static Row row(byte[] bytes) {
    var in = new ByteInput(bytes);
    long push = in.u64();
    long failure = in.u64();
    long stale = in.u64();
    long interval = in.u64();
    long series = in.u64();
    long size = in.u64();
    var row = new Row(GroupKeys.decode(in.bytes()), push, failure, stale, interval, series, size);
    in.end();
    return row;
  }

  private static byte[] bytes(Problem problem) {
    return new ByteOutput()
        .u8(KINDS.indexOf(problem.kind()))
        .u64(problem.millis())
        .bytes(GroupKeys.encode(problem.key()))
        .text(problem.client())
        .text(problem.reason())
        .finish();
  }

  private static Problem problem(byte[] bytes) {
    var in = new ByteInput(bytes);
    Kind kind = ServerQuestion.numbered(KINDS, in);
    long millis = in.u64();
    var problem = new Problem(kind, GroupKeys.decode(in.bytes()), millis, in.text(), in.text());
    in.end();
    return problem;
  }

  private static byte[] bytes(Client client) {
    return new ByteOutput()
        .u64(client.pushMillis())
        .u64(client.pushes())
        .u64(client.refusalMillis())
        .u64(client.refusals())
        .text(client.address())
        .text(client.agent())
        .text(client.reason())
        .finish();
  }

  private static Client client(byte[] bytes) {
    var in = new ByteInput(bytes);
    long pushMillis = in.u64();
    long pushes = in.u64();
    long refusalMillis = in.u64();
    long refusals = in.u64();
    var client =
        new Client(in.text(), in.text(), pushMillis, pushes, refusalMillis, refusals, in.text());
    in.end();
    return client;
  }

  private static ByteOutput start(int kind, int first, int second) {
    return new ByteOutput().u8(ServerQuestion.FORMAT).u8(kind).u32(first).u32(second);
  }
}
