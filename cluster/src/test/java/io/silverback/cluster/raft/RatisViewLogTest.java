package io.silverback.cluster.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.simulation.MemoryFabric;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.util.MD5FileUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the view log promises, with the real library and a network that loses messages.
 *
 * <p>Longer than other classes: all cases share the nodes, the network and the waits below.
 */
final class RatisViewLogTest {
  private static final long CLUSTER = 0x1234_5678_9abcL;
  private static final long SECONDS = 1_000_000_000L;
  private static final RatisConfig SETTINGS =
      new RatisConfig(
          Duration.ofMillis(200),
          Duration.ofMillis(400),
          Duration.ofSeconds(1),
          Duration.ofMillis(50),
          Duration.ofSeconds(15),
          Duration.ofSeconds(2),
          64,
          4);

  @TempDir private Path folder;

  private final MemoryFabric fabric = new MemoryFabric(1);
  private final List<Node> nodes = new ArrayList<>();
  private final Member a = TestViews.member("a", 1, 0xa000_0000_0000_0001L);
  private final Member b = TestViews.member("b", 2, 0xb2);
  private final Member c = TestViews.member("c", 3, 0xc3);
  private final Member d = TestViews.member("d", 4, 0xd4);
  private final View first = TestViews.view(1, CLUSTER, List.of(a, b, c));

  /** A node that notes what it is told. */
  private final class Node {
    private final Member member;
    private final Network network;
    private final RatisViewLog log;
    private final List<View> told = new CopyOnWriteArrayList<>();

    private Node(Member member) {
      this.member = member;
      this.network = fabric.node(member);
      this.log = new RatisViewLog(network, folder.resolve(member.nodeId()), SETTINGS);
      nodes.add(this);
      log.start(member, told::add);
    }

    private long epoch() {
      return told.isEmpty() ? 0 : told.getLast().epoch();
    }

    private void stop() {
      network.close();
      log.close();
    }
  }

  @AfterEach
  void stop() {
    stop(nodes);
    fabric.close();
  }

  private static void stop(List<Node> nodes) {
    nodes.parallelStream().forEach(Node::stop);
  }

  @Test
  void firstVotersAgreeOnTheFirstViewAndOnThoseAfterIt() {
    List<Node> three = bootstrapped();
    propose(three, TestViews.view(2, CLUSTER, first.voters(), d));
    propose(three, TestViews.view(3, CLUSTER, first.voters()));
    for (Node node : three) {
      assertEquals(List.of(1L, 2L, 3L), epochs(node));
      assertEquals(
          List.of(0xb2L, 0xc3L, a.storeId()).stream().sorted().toList(), node.log.libraryVoters());
    }
  }

  @Test
  void ofTwoViewsOfOneEpochOneIsCommitted() {
    List<Node> three = bootstrapped();
    for (long epoch = 2; epoch < 6; epoch++) {
      Node proposer = proposer(three);
      proposer.log.propose(TestViews.view(epoch, CLUSTER, first.voters(), d));
      proposer.log.propose(TestViews.view(epoch, CLUSTER, first.voters()));
      proposer.log.propose(TestViews.view(epoch + 3, CLUSTER, first.voters()));
      long wanted = epoch;
      await("epoch " + epoch, () -> three.stream().allMatch(node -> node.epoch() >= wanted));
    }
    for (Node node : three) {
      assertEquals(three.getFirst().told, node.told);
      assertEquals(List.of(1L, 2L, 3L, 4L, 5L), epochs(node));
    }
  }

  @Test
  void oneOfTwoFoundsAgainAndTheOtherJoinsTheNewLogWithItsOldFiles() {
    View two = TestViews.view(1, CLUSTER, List.of(a, b));
    List<Node> both = List.of(new Node(a), new Node(b));
    both.forEach(node -> node.log.bootstrap(two));
    propose(both, TestViews.view(2, CLUSTER, List.of(a, b), c));
    await("what it has", () -> both.getFirst().log.newestOfTwo().equals(newest(both.getFirst())));
    both.getLast().stop();
    View again = ofGeneration(1, 1 << 20, List.of(a), c);

    // Not from a view that it went on from.
    both.getFirst().log.refound(again, Optional.of(two));
    sleep(20 * SETTINGS.housekeeping().toMillis());
    assertEquals(2, both.getFirst().epoch());
    both.getFirst().log.refound(again, newest(both.getFirst()));
    await("the first of the new ones", () -> newest(both.getFirst()).equals(Optional.of(again)));
    assertEquals(Optional.empty(), both.getFirst().log.newestOfTwo());
    both.getFirst().stop();

    var restarted = new Node(a);
    await("the same after a restart", () -> newest(restarted).equals(Optional.of(again)));
    var returned = new Node(b);
    assertEquals(2, returned.log.remembered().map(View::epoch).orElse(0L));
    View with = ofGeneration(1, (1 << 20) + 1, List.of(a, b), c);
    propose(List.of(restarted), with);
    returned.log.follow(with);
    reconcile(List.of(restarted, returned), List.of(a, b));
    await("all of it", () -> newest(returned).equals(Optional.of(with)));
    // What was left of the old group would be a second server.
    assertEquals(1, groups(restarted).size());
    assertEquals(1, groups(returned).size());
  }

  private static Optional<View> newest(Node node) {
    return node.told.isEmpty() ? Optional.empty() : Optional.of(node.told.getLast());
  }

  private static View ofGeneration(long generation, long epoch, List<Member> voters, Member other) {
    View view = TestViews.view(epoch, CLUSTER, voters, other);
    return new View(generation, epoch, CLUSTER, view.seats(), view.removed(), view.slots());
  }

  private List<Path> groups(Node node) {
    Path log = new ViewFiles(folder.resolve(node.member.nodeId())).log();
    return Stream.ofNullable(log.toFile().listFiles())
        .flatMap(Stream::of)
        .map(File::toPath)
        .toList();
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void anotherNodeProposesWhenTheProposerIsGone() {
    List<Node> three = bootstrapped();
    Node proposer = proposer(three);
    proposer.stop();
    List<Node> two = three.stream().filter(node -> node != proposer).toList();
    long before = System.nanoTime();
    proposer(two);
    assertTrue(System.nanoTime() - before < 6 * SECONDS);
    propose(two, TestViews.view(2, CLUSTER, first.voters()));
  }

  @Test
  void minorityCommitsNothingAndFollowsAfterwards() {
    List<Node> three = bootstrapped();
    Node cut = proposer(three);
    fabric.silence(cut.member.peerAddress());
    cut.log.propose(TestViews.view(2, CLUSTER, first.voters(), d));
    List<Node> two = three.stream().filter(node -> node != cut).toList();
    View other = TestViews.view(2, CLUSTER, first.voters());
    propose(two, other);
    await("a minority leads no more", () -> !cut.log.isProposer());
    assertEquals(1, cut.epoch());
    fabric.hear(cut.member.peerAddress());
    await("the view of the majority", () -> cut.epoch() == 2);
    assertEquals(List.of(first, other), cut.told);
    assertEquals(List.of(first, other), two.getFirst().told);
  }

  @Test
  void aVoterThatIsCutOffIsKnownToTheOneThatProposesAndToItself() {
    List<Node> three = bootstrapped();
    Node cut = three.stream().filter(node -> node != proposer(three)).findFirst().orElseThrow();
    List<Node> two = three.stream().filter(node -> node != cut).toList();
    await("all are in touch", () -> three.stream().allMatch(node -> mostSilent(node) < 1_000));
    fabric.silence(cut.member.peerAddress());
    propose(two, TestViews.view(2, CLUSTER, first.voters()));
    for (Node tells : List.of(proposer(two), cut)) {
      await(
          "it is known to " + tells.member,
          () ->
              tells.log.followers().stream()
                  .anyMatch(
                      known ->
                          known.storeId() == cut.member.storeId() && known.silentMillis() > 1_500));
    }
    assertTrue(
        proposer(two).log.followers().stream()
            .filter(known -> known.storeId() == cut.member.storeId())
            .allMatch(known -> known.entries() > 0));
    fabric.hear(cut.member.peerAddress());
    await("all are in touch", () -> three.stream().allMatch(node -> mostSilent(node) < 1_000));
    await(
        "none is behind",
        () -> proposer(three).log.followers().stream().allMatch(known -> known.entries() == 0));
  }

  private static long mostSilent(Node node) {
    return node.log.followers().stream()
        .mapToLong(ViewLog.Follower::silentMillis)
        .max()
        .orElse(Long.MAX_VALUE);
  }

  /** Or members that come back before the voters would found another cluster. */
  @Test
  void aMemberWithoutAVoteRemembersItsCluster() {
    View second = TestViews.view(2, CLUSTER, first.voters(), d);
    Node member = new Node(d);
    member.log.follow(second);
    var files = new ViewFiles(folder.resolve(d.nodeId()));
    await("it is written", () -> files.view().isPresent());
    member.stop();
    nodes.clear();
    assertEquals(second, new Node(d).log.remembered().orElseThrow());
    assertEquals(List.of(), nodes.getFirst().log.libraryVoters());
  }

  @Test
  void goesOnWithItsFiles() {
    List<Node> three = bootstrapped();
    View second = TestViews.view(2, CLUSTER, first.voters(), d);
    propose(three, second);
    Node stopped = three.getFirst();
    stop(three);
    nodes.clear();
    // One of them comes back elsewhere.
    Member moved = new Member("a", 9, a.storeId(), "elsewhere:9095", "elsewhere:9091", "", false);
    List<Node> again = List.of(new Node(moved), new Node(b), new Node(c));
    assertEquals(second, stopped.log.remembered().orElseThrow());
    assertEquals(second, again.getFirst().log.remembered().orElseThrow());
    propose(again, TestViews.view(3, CLUSTER, List.of(moved, b, c)));
    for (Node node : again) {
      assertEquals(3, node.epoch());
    }
  }

  @Test
  void votersAreReplacedOneAtATime() {
    List<Node> three = bootstrapped();
    Node joiner = new Node(d);
    View wider = TestViews.view(2, CLUSTER, List.of(a, b, c, d));
    propose(three, wider);
    joiner.log.follow(wider);
    List<Node> four = List.of(three.get(0), three.get(1), three.get(2), joiner);
    reconcile(four, wider.voters());
    await("the joiner is told", () -> joiner.epoch() == 2);

    Node gone = proposer(three);
    List<Member> left =
        wider.voters().stream().filter(voter -> !voter.equals(gone.member)).toList();
    View narrower = TestViews.view(3, CLUSTER, left, gone.member);
    propose(three, narrower);
    List<Node> rest = four.stream().filter(node -> node != gone).toList();
    four.forEach(node -> node.log.follow(narrower));
    reconcile(four, rest, narrower.voters());
    await("the removed one runs no server", () -> gone.log.libraryVoters().isEmpty());
    assertFalse(gone.log.isProposer());
    Path removed = folder.resolve(gone.member.nodeId()).resolve("removed");
    await("its log is put aside", () -> Files.exists(removed));
    propose(rest, TestViews.view(4, CLUSTER, left));

    // Comes back under the same name.
    View wide = TestViews.view(5, CLUSTER, List.of(a, b, c, d));
    propose(rest, wide);
    gone.log.follow(wide);
    reconcile(four, wide.voters());
    await("the returned one is told", () -> gone.epoch() == 5);
  }

  @Test
  void agreesWhereMessagesAreLostAndLeavesNoThreadBehind() {
    fabric.lose(0.05);
    List<Node> three = bootstrapped();
    for (long epoch = 2; epoch < 5; epoch++) {
      propose(three, TestViews.view(epoch, CLUSTER, first.voters()));
    }
    long before = System.nanoTime();
    stop(three);
    assertTrue(System.nanoTime() - before < 4 * SECONDS);
    await(() -> "all threads end: " + threads(), () -> threads().isEmpty());
  }

  @Test
  void snapshotsAreSentToWhoeverIsFarBehind() {
    List<Node> three = bootstrapped();
    Node behind = three.stream().filter(node -> !node.log.isProposer()).findFirst().orElseThrow();
    fabric.silence(behind.member.peerAddress());
    List<Node> two = three.stream().filter(node -> node != behind).toList();
    for (long epoch = 2; epoch < 80; epoch++) {
      propose(two, TestViews.view(epoch, CLUSTER, first.voters()));
    }
    fabric.hear(behind.member.peerAddress());
    await("the newest view", () -> behind.epoch() == 79);
    propose(three, TestViews.view(80, CLUSTER, first.voters()));
  }

  @Test
  void voterThatLostItsFilesComesBackAsAnotherOne() {
    List<Node> now = new ArrayList<>(bootstrapped());
    long epoch = 1;
    while (epoch < 30) {
      // A node that joins gets a snapshot.
      propose(now, TestViews.view(++epoch, CLUSTER, first.voters()));
    }
    for (int i = 0; i < now.size(); i++) {
      Node gone = now.remove(0);
      gone.stop();
      nodes.remove(gone);
      List<Member> left = now.stream().map(node -> node.member).toList();
      propose(now, TestViews.view(++epoch, CLUSTER, left));
      Member back = TestViews.member(gone.member.nodeId() + "-again", 10 + i, 0xe0 + i);
      List<Member> voters = new ArrayList<>(left);
      voters.add(back);
      View wider = TestViews.view(++epoch, CLUSTER, voters);
      propose(now, wider);
      now.add(new Node(back));
      now.forEach(node -> node.log.follow(wider));
      reconcile(now, voters);
      propose(now, TestViews.view(++epoch, CLUSTER, voters));
    }
  }

  /** Its old log names it as a voter, so it asks for votes, and the others end its server. */
  @Test
  void aVoterThatTheViewHasAgainKeepsItsLog() throws InterruptedException {
    List<Node> three = bootstrapped();
    Node gone = three.getFirst();
    List<Node> rest = three.subList(1, 3);
    gone.stop();
    nodes.remove(gone);
    propose(rest, TestViews.view(2, CLUSTER, List.of(b, c)));
    reconcile(rest, List.of(b, c));
    View again = TestViews.view(3, CLUSTER, List.of(a, b, c));
    propose(rest, again);
    Node back = new Node(a);
    back.log.follow(again);
    // Several times as long as it waits before it asks for votes.
    Thread.sleep(3_000);
    reconcile(List.of(back, rest.get(0), rest.get(1)), again.voters());
    await("it is told", () -> back.epoch() == 3);
    assertFalse(Files.exists(folder.resolve("a").resolve("removed")), "its log is put aside");
    long place = agreed(rest).orElseThrow().index();
    await("it has the log", () -> back.log.reaches(place));
    assertFalse(back.log.reaches(place + 1_000));
    assertEquals(Optional.empty(), back.log.agreed().filter(_ -> !back.log.isProposer()));
  }

  @Test
  void aVoterWhoseAnswerWasLostIsCountedAllTheSame() {
    List<Node> three = bootstrapped();
    Node gone = three.getFirst();
    List<Node> rest = three.subList(1, 3);
    gone.stop();
    nodes.remove(gone);
    propose(rest, TestViews.view(2, CLUSTER, List.of(b, c)));
    reconcile(rest, List.of(b, c));
    View again = TestViews.view(3, CLUSTER, List.of(a, b, c));
    propose(rest, again);
    var lost = new AtomicBoolean();
    fabric.lose(
        (from, message) ->
            from.equals(a.peerAddress())
                && saysThatEntriesAreThere(message)
                && lost.compareAndSet(false, true));
    Node back = new Node(a);
    back.log.follow(again);
    reconcile(List.of(back, rest.get(0), rest.get(1)), again.voters());
    assertTrue(lost.get(), "no answer was lost");
  }

  /** The next leader has the list that names both, and nobody took the last step. */
  @Test
  void aVoterWhoseRemovalWasEndedByAnotherLeaderCanComeBack() {
    List<Node> now = new ArrayList<>(bootstrapped());
    Node joiner = new Node(d);
    View wide = TestViews.view(2, CLUSTER, List.of(a, b, c, d));
    propose(now, wide);
    joiner.log.follow(wide);
    now.add(joiner);
    reconcile(now, wide.voters());

    Node gone = now.getFirst() == proposer(now) ? now.getLast() : now.getFirst();
    List<Node> rest = now.stream().filter(node -> node != gone).toList();
    List<Member> left = rest.stream().map(node -> node.member).toList();
    var oldTerm = new AtomicLong();
    fabric.lose(
        (_, message) ->
            appendAnswer(message)
                .map(AppendEntriesReplyProto::getTerm)
                .filter(term -> oldTerm.get() == 0 || oldTerm.get() == term)
                .filter(_ -> now.stream().anyMatch(node -> isNarrowed(node, left)))
                .map(oldTerm::getAndSet)
                .isPresent());
    await(
        "the list that names both",
        () -> {
          now.stream()
              .filter(node -> node.log.isProposer())
              .forEach(node -> node.log.reconcile(left));
          return now.stream().allMatch(node -> isNarrowed(node, left));
        });
    reconcile(now, rest, left);

    propose(rest, TestViews.view(3, CLUSTER, left));
    View again = TestViews.view(4, CLUSTER, wide.voters());
    propose(rest, again);
    gone.log.follow(again);
    reconcile(now, wide.voters());
  }

  private static boolean isNarrowed(Node node, List<Member> voters) {
    return node.log.libraryVoters().size() == voters.size();
  }

  /** A part of one that is sent to another node would keep that node from the log for ever. */
  @Test
  void aSnapshotIsWholeFromTheMomentThatItHasItsName() throws Exception {
    List<Node> three = bootstrapped();
    List<Path> folders = snapshotFolders();
    assertEquals(3, folders.size());
    var done = new AtomicBoolean();
    try (ExecutorService watcher = Executors.newSingleThreadExecutor()) {
      Future<Integer> seen = watcher.submit(() -> watchSnapshots(folders, done));
      for (long epoch = 2; epoch < 120; epoch++) {
        propose(three, TestViews.view(epoch, CLUSTER, first.voters()));
      }
      done.set(true);
      assertTrue(seen.get() >= 3, "too few snapshots were seen");
    }
  }

  private static int watchSnapshots(List<Path> folders, AtomicBoolean done) throws IOException {
    var seen = new HashSet<Path>();
    while (!done.get()) {
      for (Path folder : folders) {
        try (DirectoryStream<Path> snapshots =
            Files.newDirectoryStream(folder, RatisViewLogTest::isSnapshot)) {
          for (Path snapshot : snapshots) {
            if (seen.add(snapshot)) {
              MD5Hash digest = MD5FileUtil.readStoredMd5ForFile(snapshot.toFile());
              assertEquals(MD5FileUtil.computeMd5ForFile(snapshot.toFile()), digest);
            }
          }
        }
      }
    }
    return seen.size();
  }

  private static boolean isSnapshot(Path file) {
    return SimpleStateMachineStorage.SNAPSHOT_REGEX
        .matcher(file.getFileName().toString())
        .matches();
  }

  /** Of all nodes. Looks at nothing beside, as files come and go there. */
  private List<Path> snapshotFolders() {
    return Stream.of(a, b, c)
        .map(member -> new ViewFiles(folder.resolve(member.nodeId())).log())
        .flatMap(log -> Stream.ofNullable(log.toFile().listFiles()).flatMap(Stream::of))
        .map(group -> group.toPath().resolve("sm"))
        .filter(Files::isDirectory)
        .toList();
  }

  private static boolean saysThatEntriesAreThere(byte[] message) {
    return appendAnswer(message)
        .filter(answer -> answer.getResult() == AppendResult.SUCCESS && !answer.getIsHearbeat())
        .isPresent();
  }

  private static Optional<AppendEntriesReplyProto> appendAnswer(byte[] message) {
    if (message[Exchange.KIND_OFFSET] != Exchange.ANSWER
        || message[Exchange.TOPIC_OFFSET] != ExchangeRpc.APPEND_ENTRIES) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          AppendEntriesReplyProto.parseFrom(
              Arrays.copyOfRange(message, Exchange.HEADER_LENGTH, message.length)));
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
  }

  private static Optional<ViewLog.Agreed> agreed(List<Node> nodes) {
    await("the voters", () -> nodes.stream().anyMatch(node -> node.log.agreed().isPresent()));
    return nodes.stream().flatMap(node -> node.log.agreed().stream()).findFirst();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(
            name ->
                name.startsWith("silverback-")
                    || Arrays.stream(new String[] {"a00000", "b2", "c3", "d4"})
                        .anyMatch(name::startsWith))
        .toList();
  }

  private List<Node> bootstrapped() {
    List<Node> three = List.of(new Node(a), new Node(b), new Node(c));
    three.forEach(node -> node.log.bootstrap(first));
    await("the first view", () -> three.stream().allMatch(node -> node.epoch() == 1));
    return three;
  }

  private static List<Long> epochs(Node node) {
    return node.told.stream().map(View::epoch).toList();
  }

  private static Node proposer(List<Node> nodes) {
    await("a proposer", () -> nodes.stream().anyMatch(node -> node.log.isProposer()));
    return nodes.stream().filter(node -> node.log.isProposer()).findFirst().orElseThrow();
  }

  /** Proposes until all the nodes know of it, as the leader may change. */
  private static void propose(List<Node> nodes, View view) {
    long[] next = {System.nanoTime()};
    await(
        "epoch " + view.epoch(),
        () -> {
          if (System.nanoTime() - next[0] >= 0) {
            next[0] = System.nanoTime() + SECONDS;
            nodes.stream()
                .filter(node -> node.log.isProposer())
                .forEach(node -> node.log.propose(view));
          }
          return nodes.stream().allMatch(node -> node.epoch() >= view.epoch());
        });
  }

  private static void reconcile(List<Node> nodes, List<Member> voters) {
    reconcile(nodes, nodes, voters);
  }

  private static void reconcile(List<Node> nodes, List<Node> rest, List<Member> voters) {
    List<Long> wanted = voters.stream().map(Member::storeId).sorted().toList();
    await(
        "voters " + voters,
        () -> {
          nodes.stream()
              .filter(node -> node.log.isProposer())
              .forEach(node -> node.log.reconcile(voters));
          return rest.stream().allMatch(node -> node.log.libraryVoters().equals(wanted));
        });
  }

  private static void await(String what, BooleanSupplier condition) {
    await(() -> what, condition);
  }

  private static void await(Supplier<String> what, BooleanSupplier condition) {
    long end = System.nanoTime() + 60 * SECONDS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        fail("did not happen: " + what.get());
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }
  }
}
