package io.silverback.cluster.raft;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;

/**
 * One server of Ratis, from its start to its end: a voter of the log, or one that is about to
 * become one. Thread-safe.
 */
final class LogServer {
  private final Seed seed;
  private final RaftPeerId id;
  private final RaftGroupId groupId;
  private final ClientId clientId = ClientId.randomId();
  private final ViewRegister register;
  private final RaftServer server;
  private final RaftServer.Division division;

  /**
   * Starts a server, or goes on with its files.
   *
   * @throws IOException if the files are broken or taken
   */
  LogServer(
      Seed seed,
      RatisConfig settings,
      Path folder,
      ExchangeRpc rpc,
      Consumer<View> committed,
      Runnable leads)
      throws IOException {
    this.seed = seed;
    this.id = RaftPeerId.valueOf(Long.toHexString(seed.storeId()));
    this.groupId = groupId(seed.view());
    this.register = new ViewRegister(seed.view(), committed, leads);
    boolean isAlone =
        peers(seed).size() == 1 && Files.notExists(folder.resolve(folderOf(seed.view())));
    this.server =
        RaftServer.newBuilder()
            .setServerId(id)
            .setGroup(RaftGroup.valueOf(groupId, peers(seed)))
            .setOption(RaftStorage.StartupOption.RECOVER)
            .setStateMachine(register)
            .setProperties(ServerProperties.of(settings, folder, isAlone))
            .setParameters(ExchangeRpcType.parameters(rpc))
            .build();
    try {
      server.start();
      this.division = server.getDivision(groupId);
    } catch (IOException | RuntimeException failure) {
      server.close();
      throw failure;
    }
  }

  private static final long STEP_DOWN_MILLIS = 5_000;
  private static final Duration CLOSING = Duration.ofMillis(20);

  /** Entries that are not committed; there are some where proposals were under way. */
  private static final long MOST_READ = 100;

  /** Half of the name of a group, with the generation; the other half is the cluster's number. */
  private static final long GROUP = 0x73696c7665726261L;

  private static RaftGroupId groupId(View view) {
    return RaftGroupId.valueOf(new UUID(GROUP ^ view.generation(), view.clusterId()));
  }

  /** The folder of the group that keeps views like that one. */
  static String folderOf(View view) {
    return groupId(view).getUuid().toString();
  }

  /**
   * Who is in the group to begin with. One that joins must not take itself for a voter before the
   * others do, so it begins with nobody and is told by the leader. Nor is it a listener: Ratis
   * 3.3.0 waits for a listener's thread under a lock that this thread may want, where it makes a
   * voter of it, and then the voter is deaf for ever.
   */
  private static List<RaftPeer> peers(Seed seed) {
    return seed.first() ? seed.view().voters().stream().map(LogServer::peer).toList() : List.of();
  }

  private static RaftPeer peer(Member member) {
    return RaftPeer.newBuilder()
        .setId(PeerAddresses.peerId(member))
        .setAddress(member.peerAddress())
        .build();
  }

  Seed seed() {
    return seed;
  }

  Optional<View> newest() {
    return register.newest();
  }

  /**
   * The newest view that it has, committed or not, if it is one of two voters.
   *
   * @throws IOException if the log cannot be read
   */
  Optional<View> newestOfTwo() throws IOException {
    if (isDead()) {
      return Optional.empty();
    }
    long applied = division.getInfo().getLastAppliedIndex();
    Optional<View> newest = register.newest();
    RaftLog log = division.getRaftLog();
    TermIndex last = log.getLastEntryTermIndex();
    long end = last == null ? applied : last.getIndex();
    RaftConfiguration known = division.getRaftConf();
    boolean isOfTwo =
        known.getPreviousPeers().isEmpty() && known.getCurrentPeers().size() == 2 && !joins();
    if (!isOfTwo || newest.isEmpty() || end - applied > MOST_READ) {
      return Optional.empty();
    }
    View view = newest.get();
    for (long index = applied + 1; index <= end; index++) {
      LogEntryProto entry = log.get(index);
      if (entry == null) {
        return Optional.empty();
      }
      if (entry.hasStateMachineLogEntry()) {
        View next = ViewRegister.decode(entry.getStateMachineLogEntry().getLogData().toByteArray());
        view = next.follows(view) ? next : view;
      }
    }
    return Optional.of(view);
  }

  /** True if it leads, as far as it knows, and has committed an entry since it does. */
  boolean leads() {
    // A leader that was removed still calls itself one.
    return !isDead() && division.getInfo().isLeader() && division.getInfo().isLeaderReady();
  }

  /** True if it is no voter yet, as far as it knows. */
  boolean joins() {
    RaftConfiguration known = division.getRaftConf();
    return known.getCurrentPeers().stream().noneMatch(peer -> peer.getId().equals(id));
  }

  /** True if it ended by itself: it was removed, or it failed. */
  boolean isDead() {
    return isOver(division.getInfo().getLifeCycleState()) || isOver(server.getLifeCycleState());
  }

  /** True if what ended it, if anything did, was not that the others removed it. */
  boolean failed() {
    return register.failed()
        || division.getInfo().getLifeCycleState() == LifeCycle.State.EXCEPTION
        || register.getLifeCycleState() == LifeCycle.State.EXCEPTION;
  }

  private static boolean isOver(LifeCycle.State state) {
    return state.isClosingOrClosed() || state == LifeCycle.State.EXCEPTION;
  }

  /** The voters, as of the newest list in the log of this server. */
  List<Long> voters() {
    return storeIds(division.getRaftConf());
  }

  private static List<Long> storeIds(RaftConfiguration configuration) {
    return configuration.getCurrentPeers().stream()
        .map(peer -> PeerAddresses.storeId(peer.getId().toString()))
        .sorted()
        .toList();
  }

  /** The voters, if this server leads and a majority has agreed on them. */
  Optional<ViewLog.Agreed> agreed() {
    RaftConfiguration known = division.getRaftConf();
    boolean isStable = known.getPreviousPeers().isEmpty() && reaches(known.getLogEntryIndex());
    return leads() && isStable
        ? Optional.of(new ViewLog.Agreed(known.getLogEntryIndex(), storeIds(known)))
        : Optional.empty();
  }

  /** True if it leads, or knows who does. */
  boolean isInTouch() {
    return leads() || (!isDead() && division.getInfo().isFollower() && hasLeader());
  }

  @SuppressWarnings("NullAway") // Ratis says null where there is no leader.
  private boolean hasLeader() {
    return division.getInfo().getLeaderId() != null;
  }

  /** How many agreed entries are not applied here. */
  long entriesBehind() {
    DivisionInfo info = division.getInfo();
    return Math.max(0, division.getRaftLog().getLastCommittedIndex() - info.getLastAppliedIndex());
  }

  /** How the others keep up, if this server leads. */
  List<ViewLog.Follower> followers() {
    if (!leads()) {
      return List.of();
    }
    long agreed = division.getRaftLog().getLastCommittedIndex();
    var known = new HashMap<ByteString, Long>();
    division
        .getCommitInfos()
        .forEach(info -> known.put(info.getServer().getId(), info.getCommitIndex()));
    List<Long> voters = voters();
    return division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
        .map(
            follower -> {
              ByteString peer = follower.getId().getId();
              return new ViewLog.Follower(
                  PeerAddresses.storeId(peer.toStringUtf8()),
                  follower.getLastRpcElapsedTimeMs(),
                  Math.max(0, agreed - known.getOrDefault(peer, 0L)));
            })
        .filter(follower -> voters.contains(follower.storeId()))
        .toList();
  }

  /** True if all up to that place in the log is here and committed. */
  boolean reaches(long index) {
    return !isDead() && division.getInfo().getLastAppliedIndex() >= index;
  }

  /** Appends a view; the outcome says nothing but that there is one, or none is known. */
  CompletableFuture<RaftClientReply> propose(byte[] view) throws IOException {
    return server.submitClientRequestAsync(
        RaftClientRequest.newBuilder()
            .setClientId(clientId)
            .setServerId(id)
            .setGroupId(groupId)
            .setCallId(CallId.getAndIncrement())
            .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(view)))
            .setType(RaftClientRequest.writeRequestType())
            .build());
  }

  /**
   * Brings the list of voters one step nearer to the wanted one; empty if it is there, or a step is
   * under way. Those that are not wanted go in one step, as some of them may be dead: with these
   * alone, those that are left might be no majority, and the next step would never be.
   *
   * @param removeFirst true to remove some before one is added, where both has to be done
   */
  Optional<CompletableFuture<RaftClientReply>> changeVoters(
      List<Member> wanted, boolean removeFirst) throws IOException {
    RaftConfiguration current = division.getRaftConf();
    if (!current.getPreviousPeers().isEmpty()) {
      return Optional.empty();
    }
    Collection<RaftPeer> voters = current.getCurrentPeers();
    Optional<Member> missing =
        wanted.stream()
            .filter(
                member ->
                    voters.stream()
                        .noneMatch(
                            peer -> peer.getId().toString().equals(PeerAddresses.peerId(member))))
            .findFirst();
    var extra =
        voters.stream()
            .filter(
                peer ->
                    wanted.stream()
                        .noneMatch(
                            member -> peer.getId().toString().equals(PeerAddresses.peerId(member))))
            .collect(Collectors.toCollection(ArrayList::new));
    if (extra.size() > 1) {
      // Itself last: it has to do the rest.
      extra.removeIf(peer -> peer.getId().equals(id));
    }
    if (missing.isEmpty() && extra.isEmpty()) {
      return Optional.empty();
    }
    var next = new ArrayList<>(voters);
    if (missing.isPresent() && (extra.isEmpty() || !removeFirst)) {
      next.add(peer(missing.get()));
    } else {
      next.removeAll(extra);
    }
    return next.isEmpty() ? Optional.empty() : Optional.of(change(current, next));
  }

  private CompletableFuture<RaftClientReply> change(
      RaftConfiguration current, List<RaftPeer> voters) throws IOException {
    var change =
        SetConfigurationRequest.Arguments.newBuilder()
            .setServersInCurrentConf(List.copyOf(current.getCurrentPeers()))
            .setServersInNewConf(voters)
            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
            .build();
    return server.setConfigurationAsync(
        new SetConfigurationRequest(clientId, id, groupId, CallId.getAndIncrement(), change));
  }

  /** Gives up leading, if it leads; the next election may choose it again. */
  @SuppressWarnings("NullAway") // Ratis takes a request without a new leader for this one.
  void stepDown() throws IOException {
    var unused =
        server.transferLeadershipAsync(
            new TransferLeadershipRequest(
                clientId, id, groupId, CallId.getAndIncrement(), null, STEP_DOWN_MILLIS));
  }

  /**
   * Ratis 3.3.0 may become a follower while it closes, as when a leader just loses its majority.
   * The thread that waits for a leader then looks for one for ever.
   */
  private void endFollower() {
    threads("FollowerState").forEach(Thread::interrupt);
  }

  /** The writer of Ratis 3.3.0 waits for up to a second for more while the server closes. */
  private void endWriter() {
    threads("SegmentedRaftLogWorker")
        .filter(thread -> isDead() && thread.getState() == Thread.State.TIMED_WAITING)
        .forEach(Thread::interrupt);
  }

  private Stream<Thread> threads(String task) {
    String name = division.getMemberId() + "-" + task;
    return Thread.getAllStackTraces().keySet().stream().filter(each -> each.getName().equals(name));
  }

  /** Ends the server, sooner if its log is of no use any more; true if it ended in time. */
  boolean close(long timeoutNanos, boolean isNeeded) {
    var closer =
        Thread.ofPlatform()
            .daemon()
            .name("silverback-view-log-close")
            .start(
                () -> {
                  try {
                    server.close();
                    while (division.getInfo().getLifeCycleState() != LifeCycle.State.CLOSED) {
                      Thread.sleep(10);
                    }
                    endFollower();
                  } catch (IOException _) {
                    // It is closed as far as it can be.
                  } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                  }
                });
    long until = System.nanoTime() + timeoutNanos;
    try {
      while (System.nanoTime() - until < 0) {
        if (closer.join(CLOSING)) {
          return true;
        }
        if (!isNeeded) {
          endWriter();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    closer.interrupt();
    return false;
  }
}
