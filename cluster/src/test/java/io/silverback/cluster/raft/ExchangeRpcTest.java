package io.silverback.cluster.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.simulation.MemoryFabric;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExchangeRpcTest {
  private final MemoryFabric fabric = new MemoryFabric(1);
  private final Member a = TestViews.member("a", 1, 11);
  private final Network.Sender leader = new Network.Sender("b", 2, "b:9095");
  private final ExecutorService other = Executors.newSingleThreadExecutor();
  private final AtomicInteger begun = new AtomicInteger();
  private final CountDownLatch isWriting = new CountDownLatch(1);
  private final CompletableFuture<Void> isWritten = new CompletableFuture<>();

  @AfterEach
  void stop() {
    isWritten.complete(null);
    other.shutdown();
    fabric.close();
  }

  /** Or the library says that it has what it only has in part, when the disk is slow. */
  @Test
  void entriesAreRefusedWhileOthersAreBeingWritten() throws Exception {
    try (var exchange = new Exchange(fabric.node(a), 2, (_, _, _) -> new byte[0])) {
      var rpc = new ExchangeRpc(exchange, new PeerAddresses(), RatisConfig.standard());
      rpc.serve(slowServer());
      rpc.start();
      byte[] entries = entries();
      Future<byte[]> first =
          other.submit(() -> rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, entries));
      isWriting.await();
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () ->
              assertThrows(
                  IOException.class,
                  () -> rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, entries)));
      byte[] heartbeat = AppendEntriesRequestProto.getDefaultInstance().toByteArray();
      assertEquals(0, term(rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, heartbeat)));
      isWritten.complete(null);
      assertEquals(1, term(first.get()));
      assertEquals(1, term(rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, entries)));
    }
  }

  /** As Ratis leaves one whose server was closed; there are few threads for all of them. */
  @Test
  void aWriteThatNeverEndsKeepsNoThreadAndLetsNoOtherBegin() throws Exception {
    try (var exchange = new Exchange(fabric.node(a), 2, (_, _, _) -> new byte[0])) {
      var rpc = new ExchangeRpc(exchange, new PeerAddresses(), soonTimedOut());
      rpc.serve(slowServer());
      rpc.start();
      for (int i = 0; i < 3; i++) {
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    IOException.class,
                    () -> rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, entries())));
      }
      assertEquals(1, begun.get());
      isWritten.complete(null);
      assertEquals(1, term(rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, entries())));
    }
  }

  /** Or a voter keeps the first entry of a leader that failed, and is deaf to the next one. */
  @Test
  void noEntryCountsAsCommittedThatIsNotTheLeaders() throws Exception {
    isWritten.complete(null);
    try (var exchange = new Exchange(fabric.node(a), 2, (_, _, _) -> new byte[0])) {
      var rpc = new ExchangeRpc(exchange, new PeerAddresses(), RatisConfig.standard());
      rpc.serve(slowServer());
      rpc.start();
      var first = AppendEntriesRequestProto.newBuilder().setLeaderCommit(5);
      assertEquals(-1, commit(rpc, first.build()));
      first.addEntries(LogEntryProto.getDefaultInstance());
      first.addEntries(LogEntryProto.getDefaultInstance());
      assertEquals(1, commit(rpc, first.build()));
      assertEquals(0, commit(rpc, first.setLeaderCommit(0).build()));
      var later = first.setLeaderCommit(5).setPreviousLog(TermIndexProto.getDefaultInstance());
      assertEquals(5, commit(rpc, later.build()));
    }
  }

  /** As a copied disk has them. The copy could win the vote of the original's peers. */
  @Test
  void aProcessWithTheFilesOfAVoterThatIsHeardGetsNoAnswer() throws Exception {
    Member original = TestViews.member("b", 2, 22);
    var copy = new Network.Sender("b", 9, "copy:9095");
    byte[] asked =
        AppendEntriesRequestProto.newBuilder()
            .setServerRequest(
                RaftRpcRequestProto.newBuilder()
                    .setRequestorId(ByteString.copyFromUtf8(PeerAddresses.peerId(original))))
            .build()
            .toByteArray();
    var addresses = new PeerAddresses();
    try (var exchange = new Exchange(fabric.node(a), 2, (_, _, _) -> new byte[0])) {
      var rpc = new ExchangeRpc(exchange, addresses, RatisConfig.standard());
      rpc.serve(slowServer());
      rpc.start();
      addresses.heard(List.of(a, original));
      rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, asked);
      for (int topic : List.of(ExchangeRpc.REQUEST_VOTE, ExchangeRpc.APPEND_ENTRIES)) {
        assertThrows(IOException.class, () -> rpc.answer(copy, topic, asked));
      }
      assertEquals(Optional.of(leader.address()), addresses.of(PeerAddresses.peerId(original)));

      addresses.heard(List.of(a));
      rpc.answer(copy, ExchangeRpc.APPEND_ENTRIES, asked);
      assertEquals(Optional.of(copy.address()), addresses.of(PeerAddresses.peerId(original)));
    }
  }

  private static byte[] entries() {
    return AppendEntriesRequestProto.newBuilder()
        .addEntries(LogEntryProto.newBuilder().setIndex(7))
        .build()
        .toByteArray();
  }

  private static RatisConfig soonTimedOut() {
    RatisConfig usual = RatisConfig.standard();
    return new RatisConfig(
        usual.electionMin(),
        usual.electionMax(),
        Duration.ofMillis(50),
        usual.housekeeping(),
        usual.changeTimeout(),
        usual.closeTimeout(),
        usual.maxRequests(),
        usual.maxProposals());
  }

  private long commit(ExchangeRpc rpc, AppendEntriesRequestProto asked) throws IOException {
    byte[] answer = rpc.answer(leader, ExchangeRpc.APPEND_ENTRIES, asked.toByteArray());
    return AppendEntriesReplyProto.parseFrom(answer).getFollowerCommit();
  }

  private static long term(byte[] answer) throws IOException {
    return AppendEntriesReplyProto.parseFrom(answer).getTerm();
  }

  /**
   * Answers with the number of entries as its term, once these are written, and with the commit
   * that it was told.
   */
  private RaftServer slowServer() {
    return (RaftServer)
        Proxy.newProxyInstance(
            RaftServer.class.getClassLoader(),
            new Class<?>[] {RaftServer.class},
            (_, method, arguments) -> {
              assertEquals("appendEntriesAsync", method.getName());
              var asked = (AppendEntriesRequestProto) arguments[0];
              var reply =
                  AppendEntriesReplyProto.newBuilder()
                      .setTerm(asked.getEntriesCount())
                      .setFollowerCommit(asked.getLeaderCommit())
                      .build();
              if (asked.getEntriesCount() == 0) {
                return CompletableFuture.completedFuture(reply);
              }
              begun.incrementAndGet();
              isWriting.countDown();
              return isWritten.thenApply(_ -> reply);
            });
  }
}
