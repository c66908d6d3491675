package io.silverback.server.member;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.Trouble;
import io.silverback.cluster.View;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.handler.ClusterHandler.Targets;
import io.silverback.server.handler.ClusterInfo;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.maps.GroupKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a node tells the endpoints about its cluster. Thread-safe. */
final class ClusterReport implements ClusterInfo {
  /** So long Prometheus goes on to ask who was removed, to see it come back or go. */
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  /** Of the peers that cannot be reached. */
  private static final int MOST_NAMED = 5;

  private final ClusterNode node;
  private final int copies;
  private final boolean refusedMeansDead;
  private final Supplier<List<Trouble>> troubles;
  private final Supplier<Map<String, Integer>> versions;
  private final MemberQuestions questions;

  /**
   * What that node tells.
   *
   * @param patience how long to wait for what other members say
   * @param troubles which peers cannot be reached or are not let in, and why
   * @param versions of the connections with each node, by its name
   */
  ClusterReport(
      ClusterNode node,
      ClusterConfig rules,
      Duration patience,
      Supplier<List<Trouble>> troubles,
      Supplier<Map<String, Integer>> versions) {
    this.node = node;
    this.copies = rules.replicationFactor();
    this.refusedMeansDead = rules.refusedMeansDead();
    this.troubles = troubles;
    this.versions = versions;
    questions = new MemberQuestions(node, patience);
  }

  /** The members of the newest view known, and who was removed lately; before, whom it sees. */
  Targets targets(Instant now) {
    ClusterStatus status = node.status();
    var addresses = new TreeSet<String>();
    addresses.add(status.self().webAddress());
    if (status.view().isEmpty()) {
      status.peers().forEach(peer -> addresses.add(peer.webAddress()));
      return new Targets("", List.copyOf(addresses));
    }
    View view = status.view().get();
    view.members().forEach(member -> addresses.add(member.webAddress()));
    lately(view, now).forEach(gone -> addresses.add(gone.member().webAddress()));
    return new Targets(hex(view.clusterId()), List.copyOf(addresses));
  }

  @Override
  public Overview overview() {
    ClusterStatus status = node.status();
    Optional<View> view = status.view();
    var members = new ArrayList<Peer>();
    view.ifPresent(known -> known.seats().forEach(seat -> members.add(peer(seat, status))));
    List<Peer> unadmitted =
        status.peers().stream()
            .filter(peer -> view.isEmpty() || !view.get().has(peer))
            .map(peer -> peer(new View.Seat(peer, false, false, 0), status))
            .toList();
    return new Overview(
        status.self().nodeId(),
        hex(status.self().incarnation()),
        view.map(known -> hex(known.clusterId())).orElse(""),
        view.map(View::epoch).orElse(0L),
        Math.max(0, status.leaseMillis()) / 1e3,
        status.ledSlots(),
        status.takingOver(),
        status.ownedSlots(),
        status.underReplicated(),
        outage(status.outage()),
        whyNotReady(),
        members,
        view.map(known -> lately(known, Instant.now()).stream().map(ClusterReport::gone).toList())
            .orElse(List.of()),
        unadmitted);
  }

  /** How this node stands, for the others. */
  Word word() {
    ClusterStatus status = node.status();
    return new Word(
        status.view().map(View::epoch).orElse(0L),
        status.ledSlots(),
        status.takingOver(),
        status.handingOver(),
        status.underReplicated(),
        status.fewestCopies(),
        status.movingHistory(),
        whyNotReady(),
        status.silentMillis().keySet().stream().map(Member::nodeId).sorted().toList(),
        status.logs().entrySet().stream()
            .filter(log -> log.getValue().isLate())
            .map(log -> log.getKey().nodeId())
            .sorted()
            .toList());
  }

  @Override
  public Standing standing() {
    ClusterStatus status = node.status();
    if (status.view().isEmpty()) {
      return new Standing(
          "", 0, 0, List.of(), 0, 0, new ClusterVerdict(0, false, List.of()).waitingFor(List.of()));
    }
    View view = status.view().get();
    List<Optional<ServerAnswer>> answers = questions.ask(view.members(), new ServerQuestion.Part());
    List<Share> shares = shares(view);
    var parts = new ArrayList<Part>();
    for (int i = 0; i < view.seats().size(); i++) {
      Optional<Word> word =
          answers
              .get(i)
              .filter(ServerAnswer.Stood.class::isInstance)
              .map(ServerAnswer.Stood.class::cast)
              .map(ServerAnswer.Stood::word);
      parts.add(new Part(peer(view.seats().get(i), status), shares.get(i), word));
    }
    List<String> waiting =
        status.peers().stream()
            .filter(peer -> !view.has(peer) && !status.foreign().contains(peer))
            .map(Member::nodeId)
            .sorted()
            .toList();
    var verdict = new ClusterVerdict(view.epoch(), refusedMeansDead, parts);
    return new Standing(
        hex(view.clusterId()),
        view.refoundings(),
        view.epoch(),
        parts,
        verdict.losable(),
        verdict.stoppable(),
        verdict.waitingFor(waiting));
  }

  /** How many nodes should hold a group. */
  int copies() {
    return copies;
  }

  /** True if the member says a word within the time for that. */
  boolean answers(Member member) {
    return questions.ask(List.of(member), new ServerQuestion.Part()).getFirst().isPresent();
  }

  @Override
  public List<Share> shares() {
    return node.status().view().map(this::shares).orElse(List.of());
  }

  /** Those of the members of a view, in its order, and after them of nobody. */
  private List<Share> shares(View view) {
    List<Member> members = view.members();
    HashRing ring = view.ring();
    HashRing leaders = view.leaders();
    int[] shouldLead = new int[members.size()];
    int[] leads = new int[members.size()];
    int[] owns = new int[members.size()];
    int unled = HashRing.SLOTS;
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      List<Member> owners = ring.owners(slot);
      Optional<Member> first =
          leaders.isEmpty() ? Optional.empty() : Optional.of(leaders.first(slot));
      for (int i = 0; i < members.size(); i++) {
        int place = owners.indexOf(members.get(i));
        shouldLead[i] += first.filter(members.get(i)::isSameProcess).isPresent() ? 1 : 0;
        owns[i] += place >= 0 && place < copies ? 1 : 0;
        boolean isLeader = view.slots().tenure(slot).isOf(members.get(i));
        leads[i] += isLeader ? 1 : 0;
        unled -= isLeader ? 1 : 0;
      }
    }
    var shares = new ArrayList<Share>();
    for (int i = 0; i < members.size(); i++) {
      shares.add(new Share(members.get(i).nodeId(), leads[i], shouldLead[i], owns[i]));
    }
    if (unled > 0) {
      shares.add(new Share("", unled, 0, 0));
    }
    return shares;
  }

  @Override
  public Place place(GroupingKey key) {
    ClusterStatus status = node.status();
    View view =
        status
            .view()
            .orElseThrow(
                () ->
                    new StoreNotReadyException("the cluster has not formed yet, try again later"));
    byte[] encoded = GroupKeys.encode(key);
    int slot = HashRing.slotOf(encoded);
    SlotTable.Tenure tenure = view.slots().tenure(slot);
    Optional<Member> leader = view.member(tenure.nodeId(), tenure.incarnation());
    // A node that came a moment ago may have to lead before it does: until then another one leads.
    List<Member> owners =
        Stream.concat(view.owners(slot).stream().limit(copies), leader.stream())
            .distinct()
            .toList();
    return new Place(
        slot,
        leader.map(Member::nodeId).orElse(""),
        leader.filter(status.silentMillis()::containsKey).isPresent(),
        tenure.epoch(),
        owners.stream().map(Member::nodeId).toList(),
        new GroupCopies(owners, questions.ask(owners, new ServerQuestion.Copy(encoded)))
            .comparedWith(leader));
  }

  @Override
  public void scraped() {
    node.scraped();
  }

  @Override
  public Optional<String> outage() {
    ClusterStatus status = node.status();
    io.silverback.cluster.Outage outage = status.outage();
    return outage.slots() == 0
        ? Optional.empty()
        : Optional.of(
            "nobody serves some slots: slots=%d of=%d nodes=%s seconds=%.1f"
                .formatted(outage.slots(), HashRing.SLOTS, outage.nodes(), outage.millis() / 1e3));
  }

  /** Why this node should get no requests, and what may be the cause of it. */
  Optional<String> whyNotReady() {
    return node.whyNotReady().map(reason -> reason + unserved() + unreached());
  }

  private String unserved() {
    boolean isKnown = node.status().view().isPresent();
    return isKnown ? outage().map("; "::concat).orElse("") : "";
  }

  private String unreached() {
    List<Trouble> now = troubles.get();
    String named =
        now.stream()
            .limit(MOST_NAMED)
            .map(trouble -> trouble.address() + " (" + trouble.reason() + ")")
            .collect(Collectors.joining(", "));
    int others = now.size() - MOST_NAMED;
    return (now.isEmpty() ? "" : "; no connection with " + named)
        + (others > 0 ? " and " + others + " others" : "");
  }

  private static Outage outage(io.silverback.cluster.Outage from) {
    return new Outage(
        from.slots(),
        from.silentLeader(),
        from.noLeader(),
        from.takingOver(),
        from.nodes(),
        from.millis() / 1e3);
  }

  private static List<View.Removed> lately(View view, Instant now) {
    long since = now.minus(REMEMBERED).toEpochMilli();
    return view.removed().stream().filter(gone -> gone.wallMillis() >= since).toList();
  }

  private static Gone gone(View.Removed removed) {
    Member member = removed.member();
    return new Gone(
        member.nodeId(),
        hex(member.incarnation()),
        member.webAddress(),
        removed.epoch(),
        Instant.ofEpochMilli(removed.wallMillis()));
  }

  private Peer peer(View.Seat seat, ClusterStatus status) {
    Member member = seat.member();
    boolean isSelf = member.isSameProcess(status.self());
    Integer version = versions.get().get(member.nodeId());
    return new Peer(
        member.nodeId(),
        hex(member.incarnation()),
        member.peerAddress(),
        member.webAddress(),
        member.zone(),
        seat.votes(),
        member.voterOnly(),
        seat.mayLead(),
        seat.drain().name().toLowerCase(Locale.ROOT),
        isSelf,
        isSelf || status.peers().stream().anyMatch(member::isSameProcess),
        Optional.ofNullable(status.silentMillis().get(member)).map(Instant.now()::minusMillis),
        Optional.ofNullable(status.clockSkews().get(member))
            .map(
                skew ->
                    new ClusterInfo.ClockSkew(skew.aheadMillis() / 1e3, skew.errorMillis() / 1e3)),
        version == null ? OptionalInt.empty() : OptionalInt.of(version));
  }

  private static String hex(long number) {
    return Long.toHexString(number);
  }
}
