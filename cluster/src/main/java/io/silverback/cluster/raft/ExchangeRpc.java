package io.silverback.cluster.raft;

import io.silverback.cluster.Network;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;
import org.jspecify.annotations.Nullable;

/**
 * What one voter asks of another, carried by an {@link Exchange}. Opens no port. Thread-safe.
 *
 * <p>Ratis calls it when its own server wants something of a peer; {@link #answer} calls the server
 * when a peer wants something of it.
 */
final class ExchangeRpc implements RaftServerRpc {
  static final int REQUEST_VOTE = 1;
  static final int APPEND_ENTRIES = 2;
  static final int INSTALL_SNAPSHOT = 3;
  static final int START_LEADER_ELECTION = 4;

  private final Exchange exchange;
  private final PeerAddresses addresses;
  private final RatisConfig settings;
  private volatile @Nullable RaftServer server;
  private volatile boolean started;
  private volatile boolean closed;
  private final Semaphore appending = new Semaphore(1);

  ExchangeRpc(Exchange exchange, PeerAddresses addresses, RatisConfig settings) {
    this.exchange = exchange;
    this.addresses = addresses;
    this.settings = settings;
  }

  void serve(RaftServer server) {
    this.server = server;
  }

  /**
   * The answer of this voter to a peer; blocks until the log is written, or for the time of a
   * request.
   *
   * @throws IOException if no server runs, or it does not want to answer
   */
  byte[] answer(Network.Sender from, int topic, byte[] request) throws IOException {
    RaftServer current = server;
    if (current == null || !started) {
      throw new IOException("no server runs: topic=" + topic);
    }
    return switch (topic) {
      case REQUEST_VOTE -> {
        var asked = RequestVoteRequestProto.parseFrom(request);
        learn(from, asked.getServerRequest());
        yield current.requestVote(asked).toByteArray();
      }
      case APPEND_ENTRIES -> {
        var asked = AppendEntriesRequestProto.parseFrom(request);
        learn(from, asked.getServerRequest());
        yield append(current, withSoundCommit(asked)).toByteArray();
      }
      case INSTALL_SNAPSHOT -> {
        var asked = InstallSnapshotRequestProto.parseFrom(request);
        learn(from, asked.getServerRequest());
        yield current.installSnapshot(asked).toByteArray();
      }
      case START_LEADER_ELECTION -> {
        var asked = StartLeaderElectionRequestProto.parseFrom(request);
        learn(from, asked.getServerRequest());
        yield current.startLeaderElection(asked).toByteArray();
      }
      default -> throw new IOException("no such request: topic=" + topic);
    };
  }

  /**
   * Where no entry comes before, Ratis 3.3.0 counts one too many as committed. A heartbeat would so
   * commit the first entry of this log, even one of another leader, and its own could never come.
   */
  private static AppendEntriesRequestProto withSoundCommit(AppendEntriesRequestProto asked) {
    long last = asked.getEntriesCount() - 1L;
    return asked.hasPreviousLog() || asked.getLeaderCommit() <= last
        ? asked
        : asked.toBuilder().setLeaderCommit(last).build();
  }

  /**
   * Ratis 3.3.0 answers that it has entries while it still writes others that begin at the same
   * place. The leader then counts on entries that are nowhere, and the voter is deaf to what
   * follows. So entries come one request after the other; the leader asks again for what is
   * refused.
   */
  private AppendEntriesReplyProto append(RaftServer current, AppendEntriesRequestProto asked)
      throws IOException {
    if (asked.getEntriesCount() == 0) {
      return await(current.appendEntriesAsync(asked));
    }
    if (!appending.tryAcquire()) {
      throw new IOException("the entries before are still being written");
    }
    CompletableFuture<AppendEntriesReplyProto> answer;
    try {
      answer = current.appendEntriesAsync(asked);
    } catch (IOException | RuntimeException e) {
      appending.release();
      throw e;
    }
    var unused = answer.whenComplete((_, _) -> appending.release());
    return await(answer);
  }

  /** A server that was closed meanwhile may never answer, and must not keep the thread for that. */
  private <T> T await(CompletableFuture<T> answer) throws IOException {
    try {
      return answer.get(settings.requestTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while entries were written");
    } catch (TimeoutException _) {
      throw new IOException("the log takes too long to write, or was closed");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Who asks is where it says, as the network has proved it. */
  private void learn(Network.Sender from, RaftRpcRequestProto request) throws IOException {
    String peerId = request.getRequestorId().toStringUtf8();
    if (addresses.isCopy(peerId, from)) {
      throw new IOException("another process has the files of that voter: peer=" + peerId);
    }
    addresses.learn(peerId, from.address());
  }

  @Override
  public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
    return RequestVoteReplyProto.parseFrom(
        ask(REQUEST_VOTE, request.getServerRequest(), request, settings.requestTimeout()));
  }

  @Override
  public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request)
      throws IOException {
    // Asked again sooner than others: one lost heartbeat must not start an election.
    return AppendEntriesReplyProto.parseFrom(
        ask(APPEND_ENTRIES, request.getServerRequest(), request, settings.electionMin()));
  }

  @Override
  public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request)
      throws IOException {
    return InstallSnapshotReplyProto.parseFrom(
        ask(INSTALL_SNAPSHOT, request.getServerRequest(), request, settings.requestTimeout()));
  }

  @Override
  public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request)
      throws IOException {
    return StartLeaderElectionReplyProto.parseFrom(
        ask(START_LEADER_ELECTION, request.getServerRequest(), request, settings.requestTimeout()));
  }

  private byte[] ask(int topic, RaftRpcRequestProto to, MessageLite request, Duration timeout)
      throws IOException {
    ByteString peerId = to.getReplyId();
    String address =
        addresses
            .of(peerId.toStringUtf8())
            .orElseThrow(() -> new IOException("no address known: peer=" + peerId.toStringUtf8()));
    if (closed) {
      throw new IOException("closed: address=" + address);
    }
    return exchange.ask(address, topic, request.toByteArray(), timeout);
  }

  @Override
  public void start() {
    started = true;
  }

  /**
   * Ratis waits for its threads before it calls this, and these wait for a peer that may be dead:
   * called first, it ends the server at once.
   */
  @Override
  public void close() {
    started = false;
    closed = true;
    exchange.giveUp();
  }

  /** None: there is no port. */
  @Override
  @SuppressWarnings("NullAway") // Ratis takes it for a server that has no address.
  public InetSocketAddress getInetSocketAddress() {
    return null;
  }

  @Override
  public void handleException(RaftPeerId peer, Exception failure, boolean reconnect) {}

  /** Does nothing: what the log says of addresses may be old. */
  @Override
  public void addRaftPeers(Collection<RaftPeer> peers) {}

  @Override
  public RpcType getRpcType() {
    return new ExchangeRpcType();
  }
}
