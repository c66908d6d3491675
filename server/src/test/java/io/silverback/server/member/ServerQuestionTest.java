package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupOutline;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.handler.Cardinality;
import io.silverback.server.handler.ClusterInfo.Word;
import io.silverback.server.handler.GroupFinder;
import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.handler.JobTotals.Order;
import io.silverback.server.handler.JobTotals.Totals;
import io.silverback.server.handler.Problems;
import io.silverback.server.remotewrite.Reached;
import io.silverback.server.storage.MetricStore.Rehearsal;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.OffHeapReplicaStore.Copy;
import io.silverback.server.storage.replica.UpdateCodec;
import io.silverback.server.writers.GroupClients.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Questions and answers between servers, as bytes. */
final class ServerQuestionTest {
  private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);
  private static final ServerAnswer HAD =
      new ServerAnswer.Had(Optional.of(new Copy(true, -1, new Version(1, 2, 3))));
  private static final ServerQuestion.History HISTORY =
      new ServerQuestion.History(List.of("up"), 1000, 2000, false);
  private static final ServerAnswer WEIGHED =
      new ServerAnswer.Weighed(5461, List.of(new Heavy("a", 7)));
  private static final ServerAnswer SUMMED =
      new ServerAnswer.Summed(5461, List.of(new Totals(1, 2, 3, 4, 5)));
  private static final GroupingKey GROUP = new GroupingKey(Labels.of("job", "a"));
  private static final ServerQuestion FIND =
      new ServerQuestion.Find(
          new GroupFinder.Query(
              "A",
              List.of("{job=\"a\"}"),
              GroupFinder.State.FAILED,
              GroupFinder.Order.SERIES,
              true,
              100,
              Optional.of(new GroupFinder.Place(7, GROUP))));
  private static final ServerAnswer FOUND =
      new ServerAnswer.Found(
          5461,
          new GroupFinder.Page(
              List.of(new GroupFinder.Row(GROUP, 1, 2, 3, 4, 5, 6)),
              true,
              new GroupFinder.Counts(5, 4, 3, 2, 1)));
  private static final ServerAnswer COMPLAINED =
      new ServerAnswer.Complained(
          List.of(
              new Problems.Problem(Problems.Kind.WRITER_CONFLICT, GROUP, 7, "10.0.0.1", "höre")));
  private static final ServerQuestion REHEARSE =
      new ServerQuestion.Rehearse(
          UpdateCodec.encode(
              new GroupUpdate.Replace(GROUP, new ParsedExposition(List.of(), false))));
  private static final ServerAnswer REHEARSED =
      new ServerAnswer.Rehearsed(
          new Rehearsal(
              new Submission.Accepted(),
              2,
              1,
              new GroupOutline(
                  1,
                  List.of(
                      new GroupOutline.Line(
                          "a", MetricType.GAUGE, "h", 1, GroupOutline.Change.KEPT))),
              ""));
  private static final ServerQuestion RANK =
      new ServerQuestion.Rank(new Cardinality.Query(Cardinality.Dimension.VALUE, "", "a"));
  private static final ServerAnswer RANKED =
      new ServerAnswer.Ranked(5461, new Cardinality.Ranking(true, 7, List.of(new Heavy("b", 5))));
  private static final Reached REACHED =
      new Reached(7, 1000, 2000, BitSet.valueOf(new byte[] {1, 2}));
  private static final ServerQuestion PUSHES =
      new ServerQuestion.Pushes(REACHED.slots(), 1000, 2000);
  private static final ServerQuestion REACH =
      new ServerQuestion.Reach("prometheus", List.of(REACHED));
  private static final ServerQuestion WHERE =
      new ServerQuestion.Where("prometheus", REACHED.slots());
  private static final ServerAnswer THERE = new ServerAnswer.There(List.of(REACHED));
  private static final ServerQuestion CLIENTS = new ServerQuestion.Clients(GroupKeys.encode(GROUP));
  private static final ServerAnswer PUSHING =
      new ServerAnswer.Pushing(List.of(new Client("10.0.0.1", "curl", 7, 3, 5, 1, "höre")));
  private static final Path PAGE = Path.of("..", "docs", "formats", "server-questions.md");

  @Test
  void thePageShowsTheBytes() throws IOException {
    List<String> examples =
        Files.readAllLines(PAGE).stream().filter(line -> line.matches("[0-9a-f ]{8,}")).toList();

    assertEquals(22, examples.size());
    byte[] question = HexFormat.of().parseHex(examples.get(0).replace(" ", ""));
    byte[] answer = HexFormat.of().parseHex(examples.get(1).replace(" ", ""));
    assertArrayEquals(question, new ServerQuestion.Names(KEY, 1024).encode());
    assertArrayEquals(answer, new ServerAnswer.Named(5461, true, List.of(KEY)).encode());
    byte[] stood = HexFormat.of().parseHex(examples.get(2).replace(" ", ""));
    assertArrayEquals(
        stood,
        new ServerAnswer.Stood(
                new Word(7, 5461, 0, 0, 0, 2, 0, Optional.empty(), List.of("b"), List.of()))
            .encode());
    byte[] piece = HexFormat.of().parseHex(examples.get(3).replace(" ", ""));
    assertArrayEquals(piece, new ServerAnswer.Piece(List.of(new byte[] {5})).encode());
    List<byte[]> queries =
        examples.stream()
            .skip(4)
            .map(example -> HexFormat.of().parseHex(example.replace(" ", "")))
            .toList();
    assertArrayEquals(queries.get(0), HISTORY.encode());
    assertArrayEquals(queries.get(1), oneSeries().encode());
    assertArrayEquals(queries.get(2), new ServerQuestion.Heaviest(Order.PUSHES).encode());
    assertArrayEquals(queries.get(3), WEIGHED.encode());
    assertArrayEquals(queries.get(4), SUMMED.encode());
    assertArrayEquals(queries.get(5), FIND.encode());
    assertArrayEquals(queries.get(6), FOUND.encode());
    assertArrayEquals(queries.get(7), COMPLAINED.encode());
    assertArrayEquals(queries.get(8), REHEARSE.encode());
    assertArrayEquals(queries.get(9), REHEARSED.encode());
    assertArrayEquals(queries.get(10), RANK.encode());
    assertArrayEquals(queries.get(11), RANKED.encode());
    assertArrayEquals(queries.get(12), PUSHES.encode());
    assertArrayEquals(queries.get(13), REACH.encode());
    assertArrayEquals(queries.get(14), WHERE.encode());
    assertArrayEquals(queries.get(15), THERE.encode());
    assertArrayEquals(queries.get(16), CLIENTS.encode());
    assertArrayEquals(queries.get(17), PUSHING.encode());
  }

  /** A piece with a sample of {@code up{job="a"}}, and what a reader makes of it. */
  private static ServerAnswer.Piece oneSeries() {
    var records =
        List.of(
            new ByteOutput().u8(6).bytes(KEY).finish(),
            new ByteOutput()
                .u8(7)
                .text("up")
                .text("up")
                .u32(1)
                .text("job")
                .text("a")
                .u32(1)
                .finish(),
            new ByteOutput().u8(8).u64(1000).u64(Double.doubleToRawLongBits(1)).finish(),
            new byte[] {5});
    var reader = new HistoryPieces(() -> records, IllegalStateException::new);
    assertEquals("up", reader.place().orElseThrow().name());
    assertEquals(Labels.of("job", "a"), reader.place().orElseThrow().labels());
    assertEquals(1000, reader.timeMillis());
    assertEquals(1, reader.value());
    return new ServerAnswer.Piece(records);
  }

  @Test
  void aMemberOfAVersionThatDoesNotKnowAQuestionIsNamed() {
    MalformedBytesException unknown =
        assertThrows(
            MalformedBytesException.class,
            () -> ServerQuestion.decode(new ByteOutput().u8(1).u8(99).u32(0).u32(0).finish()));
    var reason = new ServerAnswer.Withheld(String.valueOf(unknown.getMessage()));
    var asked =
        new Asked(
            new Member("b", 1, 1, "b:1", "b:2", "", false),
            CompletableFuture.completedFuture(Optional.of(reason.encode())));

    var told = assertThrows(StoreNotReadyException.class, () -> asked.await(0));
    assertEquals(
        "a member of the cluster does not know this question yet, let all run the same version:"
            + " member=b",
        told.getMessage());
  }

  @Test
  void whatIsEncodedIsDecoded() {
    for (ServerQuestion question :
        List.of(
            new ServerQuestion.Count(),
            new ServerQuestion.Names(new byte[0], 1),
            new ServerQuestion.States(List.of(KEY, new byte[0]), 9),
            new ServerQuestion.Part(),
            new ServerQuestion.Copy(KEY),
            new ServerQuestion.Led(),
            new ServerQuestion.Stream(KEY),
            new ServerQuestion.Next(KEY, true),
            new ServerQuestion.Next(KEY, false),
            new ServerQuestion.End(KEY),
            HISTORY,
            FIND,
            new ServerQuestion.Find(
                new GroupFinder.Query(
                    "",
                    List.of(),
                    GroupFinder.State.ANY,
                    GroupFinder.Order.NAME,
                    false,
                    1,
                    Optional.empty())),
            new ServerQuestion.Complaints(),
            REHEARSE,
            RANK,
            PUSHES,
            REACH,
            new ServerQuestion.Reach("", List.of()),
            WHERE,
            CLIENTS,
            new ServerQuestion.Heaviest(Order.REFUSALS),
            new ServerQuestion.Jobs(List.of("a", "é")))) {
      assertArrayEquals(
          question.encode(), ServerQuestion.decode(question.encode()).encode(), question::toString);
    }
    for (ServerAnswer answer :
        List.of(
            new ServerAnswer.Withheld("höre"),
            new ServerAnswer.Counted(3, 7),
            new ServerAnswer.Named(3, false, List.of(KEY)),
            new ServerAnswer.Told(List.of(new byte[0], KEY)),
            new ServerAnswer.Had(Optional.empty()),
            new ServerAnswer.Leads(new TreeMap<>(Map.of(0, 7L, 16383, 8L))),
            new ServerAnswer.Streaming(KEY),
            new ServerAnswer.Piece(List.of(KEY)),
            new ServerAnswer.Ended(true, 3),
            WEIGHED,
            SUMMED)) {
      assertArrayEquals(
          answer.encode(), ServerAnswer.decode(answer.encode()).encode(), answer::toString);
    }
    for (ServerAnswer answer :
        List.of(
            new ServerAnswer.Stood(
                new Word(1L << 39, 1, 2, 3, 4, 5, 6, Optional.empty(), List.of(), List.of())),
            new ServerAnswer.Stood(
                new Word(7, 0, 0, 0, 0, 0, 0, Optional.of("höre"), List.of("a", "b"), List.of())),
            new ServerAnswer.Stood(
                new Word(7, 0, 0, 0, 0, 0, 0, Optional.empty(), List.of("a"), List.of("b", "c"))),
            new ServerAnswer.Stood(
                new Word(7, 0, 0, 0, 0, 0, 9, Optional.empty(), List.of("a"), List.of("b"))),
            FOUND,
            COMPLAINED,
            REHEARSED,
            RANKED,
            THERE,
            PUSHING,
            HAD)) {
      assertEquals(answer, ServerAnswer.decode(answer.encode()));
    }
  }

  @Test
  void whatIsCutOffOrTooLongIsTold() {
    byte[] question = new ServerQuestion.States(List.of(KEY, KEY), 9).encode();
    byte[] answer = new ServerAnswer.Named(3, false, List.of(KEY)).encode();
    for (byte[] whole :
        List.of(
            question,
            HISTORY.encode(),
            FIND.encode(),
            REHEARSE.encode(),
            RANK.encode(),
            PUSHES.encode(),
            REACH.encode(),
            WHERE.encode(),
            CLIENTS.encode())) {
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(cut));
      }
    }
    byte[] noOrder = new ByteOutput().u8(1).u8(11).u32(4).list(List.of()).finish();
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(noOrder));
    byte[] noDimension = new ByteOutput().u8(1).u8(16).u32(3).list(List.of(KEY, KEY)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(noDimension));
    byte[] noSelector = new ByteOutput().u8(1).u8(10).u32(0).list(List.of(new byte[16])).finish();
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(noSelector));
    byte[] leads = new ServerAnswer.Leads(new TreeMap<>(Map.of(1, 7L))).encode();
    List<ServerAnswer> others =
        List.of(HAD, WEIGHED, SUMMED, FOUND, COMPLAINED, REHEARSED, RANKED, THERE, PUSHING);
    for (byte[] whole :
        Stream.concat(Stream.of(answer, leads), others.stream().map(ServerAnswer::encode))
            .toList()) {
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(cut));
      }
    }
    byte[] shortNumbers =
        new ByteOutput().u8(1).u8(4).u32(0).u32(0).list(List.of(KEY, KEY)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(shortNumbers));
    byte[] noReason = new ByteOutput().u8(1).u8(4).u32(0).u32(0).list(List.of(KEY)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(noReason));
    byte[] longer = Arrays.copyOf(question, question.length + 1);
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(longer));
  }

  @Test
  void placesThatNoTargetCanHaveReachedAreTold() {
    byte[] bits = new byte[HashRing.SLOTS / Byte.SIZE + 1];
    for (byte[] place :
        List.of(
            place(-1, 1, 1, new byte[1]),
            place(1, -1, 1, new byte[1]),
            place(1, 2, 1, new byte[1]),
            place(1, 1, 1, bits),
            Arrays.copyOf(ServerQuestion.bytes(REACHED), 40),
            new byte[0])) {
      byte[] told = new ByteOutput().u8(1).u8(18).u32(0).list(List.of(KEY, place)).finish();
      assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(told));
    }
    byte[] nothing = new ByteOutput().u8(1).u8(18).u32(0).list(List.of()).finish();
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(nothing));
    byte[] manySlots = new ByteOutput().u8(1).u8(19).u32(0).list(List.of(KEY, bits)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(manySlots));
  }

  private static byte[] place(long epoch, long done, long begun, byte[] slots) {
    return new ByteOutput().u64(epoch).u64(done).u64(begun).bytes(slots).finish();
  }
}
