package io.silverback.cluster.push;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer.Verdict;
import io.silverback.cluster.message.PeerMessage.ProbeAnswer;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The new series of groups that this node leads, from when they are allowed until they are stored.
 * Belongs to the loop.
 *
 * <h2>The problem</h2>
 *
 * <p>Two groups of one job may hold the same series if they have different sets of grouping labels,
 * and a page with a series twice is refused by Prometheus as a whole. A single node compares a push
 * with its own groups. In a cluster the other group may be led by another node, and two pushes may
 * come at the same time.
 *
 * <h2>The home of a job</h2>
 *
 * <p>The leader of the slot that the <em>job's</em> name belongs to is its home ({@link JobHome}).
 * A leader of a group asks the home before new series become visible; the home judges the claims of
 * a job one after the other. It stores nothing: before its first verdict it probes all members, and
 * each answers with the label names and the series of the job that it has stored, and with those
 * that are on their way.
 *
 * <h2>From a verdict to the store</h2>
 *
 * <p>A claim that was granted is <em>pending</em> here until its group is stored ({@link #settle}),
 * so that a probe finds it. If the outcome of a push is not known, since a replica may still store
 * it, the claim is <em>kept</em> until no replica can ({@link #keep}). A job whose groups all have
 * the same label names is <em>free</em>: no two of its groups can collide, and the home need not be
 * asked until it probes for another set of names.
 *
 * <h2>A new home</h2>
 *
 * <p>A home may change while a verdict is on its way. The new home probes with its later epoch, and
 * from then on this node takes no verdict of an earlier epoch. A node that was removed meanwhile
 * was not probed, so it forgets which jobs are free when it comes back.
 */
public final class Claims {
  private static final int MOST_JOBS = 10_000;

  /** Claims name every series of their groups. */
  private static final long MOST_KEPT_BYTES = 16 << 20;

  private final Member self;
  private final ClusterConfig config;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final JobHome home;
  private final Requests.Post post;
  private final Map<GroupId, Claim> pending = new HashMap<>();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private long keptBytes;
  private final Map<GroupId, Free> free = bounded();
  private final Map<GroupId, Long> probedBy = bounded();
  private int returns = -1;

  /** All groups of the job with these label names may have any series, says the home. */
  private record Free(GroupId labelNames, long epoch) {
    static Free of(Claim claim, long epoch) {
      return new Free(GroupId.of(claim.labelNames()), epoch);
    }
  }

  /** What may be stored until then, although nobody was told that it is. */
  private record Kept(GroupId group, Claim claim, long untilNanos) {
    long bytes() {
      return claim.series().length + 2L * (claim.job().length() + claim.labelNames().length());
    }
  }

  public Claims(
      Member self,
      ClusterConfig config,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Requests.Post post) {
    this.self = self;
    this.config = config;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.post = post;
    this.home = new JobHome(config, ports, requests, this);
  }

  private static <V> Map<GroupId, V> bounded() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<GroupId, V> eldest) {
        return size() > MOST_JOBS;
      }
    };
  }

  public JobHome home() {
    return home;
  }

  boolean isSelf(Member member) {
    return member.isSameProcess(self);
  }

  public static int slotOf(String job) {
    return HashRing.slotOf(job.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Forgets which jobs have one set of label names if this node was removed since: while it was no
   * member, no home asked it before it granted others.
   */
  public void enter(View view) {
    int now = view.seatOf(self).map(View.Seat::returns).orElse(-1);
    if (now != returns) {
      returns = now;
      free.clear();
    }
  }

  /**
   * Asks whether the group may have the series; if so they are pending until {@link #settle}. May
   * tell before it returns.
   */
  public void claim(View view, byte[] key, Claim claim, JobHome.Judged done) {
    int slot = slotOf(claim.job());
    SlotTable.Tenure tenure = view.slots().tenure(slot);
    if (Free.of(claim, tenure.epoch()).equals(free.get(GroupId.of(claim.job())))) {
      pending.put(new GroupId(key), claim);
      done.verdict(Verdict.GRANTED_ALL, "");
      return;
    }
    if (tenure.isOf(self)) {
      if (!led.leads(slot)) {
        done.verdict(Verdict.RETRY, "the home of the job is not ready");
        return;
      }
      home.judge(
          view,
          tenure.epoch(),
          key,
          claim,
          (verdict, reason) -> judged(tenure.epoch(), key, claim, verdict, reason, done));
      return;
    }
    Optional<Member> member = view.member(tenure.nodeId(), tenure.incarnation());
    if (member.isEmpty()) {
      done.verdict(Verdict.RETRY, "the job has no home");
      return;
    }
    int then = returns;
    requests.ask(
        member.get(),
        config.lease().toNanos() * 2,
        id -> new PeerMessage.AskClaim(id, tenure.epoch(), key, claim),
        answer ->
            answer
                .filter(ClaimAnswer.class::isInstance)
                .map(ClaimAnswer.class::cast)
                .filter(_ -> then == returns)
                .ifPresentOrElse(
                    said -> judged(said.epoch(), key, claim, said.verdict(), said.reason(), done),
                    () -> done.verdict(Verdict.RETRY, "the home of the job does not answer")));
  }

  /**
   * Asks this node alone, which takes pushes by itself: its own groups are all that it shows.
   * Otherwise as {@link #claim}.
   */
  void claimAlone(View view, byte[] key, Claim claim, JobHome.Judged done) {
    pending.put(new GroupId(key), claim);
    long epoch = view.slots().tenure(slotOf(claim.job())).epoch();
    probed(
        0,
        epoch,
        key,
        claim,
        answer ->
            answer
                .flatMap(ProbeAnswer::collision)
                .ifPresentOrElse(
                    reason -> done.verdict(Verdict.COLLIDES, reason),
                    () ->
                        done.verdict(
                            answer.isPresent() ? Verdict.GRANTED : Verdict.RETRY,
                            "the store failed, see the log")));
  }

  private void judged(
      long epoch, byte[] key, Claim claim, Verdict verdict, String reason, JobHome.Judged done) {
    if (epoch < probedBy.getOrDefault(GroupId.of(claim.job()), 0L)) {
      done.verdict(Verdict.RETRY, "the home of the job has changed");
      return;
    }
    switch (verdict) {
      case GRANTED_ALL -> {
        free.put(GroupId.of(claim.job()), Free.of(claim, epoch));
        pending.put(new GroupId(key), claim);
      }
      case GRANTED -> pending.put(new GroupId(key), claim);
      case COLLIDES, RETRY -> {}
    }
    done.verdict(verdict, reason);
  }

  /**
   * The series are not stored here, but may be somewhere else until that time; to be settled after.
   */
  void keep(byte[] key, long untilNanos) {
    var group = new GroupId(key);
    Claim claim = pending.remove(group);
    if (claim != null) {
      // The clock of a replica may stand still for up to a lease without its noticing.
      var last = new Kept(group, claim, untilNanos + config.lease().toNanos());
      kept.add(last);
      keptBytes += last.bytes();
      while (kept.size() > MOST_JOBS || (keptBytes > MOST_KEPT_BYTES && kept.size() > 1)) {
        keptBytes -= kept.removeFirst().bytes();
      }
    }
  }

  /** The series are stored, or will never be. */
  void settle(Optional<View> view, byte[] key) {
    Claim claim = pending.remove(new GroupId(key));
    if (claim == null || view.isEmpty()) {
      return;
    }
    SlotTable.Tenure tenure = view.get().slots().tenure(slotOf(claim.job()));
    if (tenure.isOf(self)) {
      home.settled(claim.job(), key);
    } else {
      view.get()
          .member(tenure.nodeId(), tenure.incarnation())
          .ifPresent(member -> post.send(member, new PeerMessage.ClaimSettled(claim.job(), key)));
    }
  }

  /**
   * Tells what this node knows of the job, nothing if it cannot look; from now on the home is asked
   * for each new series of it.
   */
  public void probed(
      long id, long epoch, byte[] key, Claim claim, Consumer<Optional<ProbeAnswer>> done) {
    GroupId job = GroupId.of(claim.job());
    probedBy.merge(job, epoch, Math::max);
    Free known = free.get(job);
    if (known != null && !known.labelNames().equals(GroupId.of(claim.labelNames()))) {
      free.remove(job);
    }
    long now = ports.clock().nanoTime();
    kept.removeIf(each -> now - each.untilNanos() >= 0);
    keptBytes = kept.stream().mapToLong(Kept::bytes).sum();
    var others = new ArrayList<Claim>();
    pending.forEach((group, other) -> addIfOther(others, group, other, key));
    kept.forEach(each -> addIfOther(others, each.group(), each.claim(), key));
    others.removeIf(other -> !other.job().equals(claim.job()));
    // The store is asked after that: what was pending now is stored before it is settled.
    ports.loop().parallel(() -> knowledge(id, claim, others), done);
  }

  private ProbeAnswer knowledge(long id, Claim claim, List<Claim> others) {
    var labelNames = new TreeSet<>(ports.store().labelNamesOf(claim.job()));
    Optional<String> collision = ports.store().collision(claim);
    for (Claim other : others) {
      labelNames.add(other.labelNames());
      if (collision.isEmpty() && JobHome.collide(other, claim)) {
        collision = Optional.of("another group of the job is about to have one of its series");
      }
    }
    return new ProbeAnswer(id, List.copyOf(labelNames), collision);
  }

  private static void addIfOther(List<Claim> others, GroupId group, Claim claim, byte[] key) {
    if (!group.equals(new GroupId(key))) {
      others.add(claim);
    }
  }
}
