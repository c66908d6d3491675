package io.silverback.cluster.push;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer.Verdict;
import io.silverback.cluster.message.PeerMessage.ProbeAnswer;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.codec.model.Fingerprint;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/**
 * Decides for the jobs whose slot this node leads which groups may have which series, one after the
 * other for each job. Keeps nothing that could be lost: what it does not know, it asks all members.
 * Belongs to the loop.
 */
public final class JobHome {
  private static final int MOST_JOBS = 10_000;
  private static final int MOST_WAITING = 10_000;

  private final ClusterConfig config;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Claims own;
  private final Map<GroupId, Job> jobs = new LinkedHashMap<>(16, 0.75f, true);
  private int waiting;

  /** Takes the verdict on a claim. */
  @FunctionalInterface
  public interface Judged {
    void verdict(Verdict verdict, String reason);
  }

  private record Asked(long epoch, View view, byte[] key, Claim claim, Judged done) {}

  /** A group that may have series which are not stored yet. */
  private record Granted(Claim claim, long untilNanos) {}

  private static final class Job {
    final Set<GroupId> labelNames = new HashSet<>();
    final Map<GroupId, Granted> granted = new HashMap<>();
    final Queue<Asked> queue = new ArrayDeque<>();
    boolean isKnown;
    boolean isBusy;
    long epoch;

    /** Those of which nobody said that they are settled, as the answer or the word was lost. */
    void dropOldGrants(long now) {
      granted.values().removeIf(grant -> grant.untilNanos() - now < 0);
    }
  }

  JobHome(ClusterConfig config, ClusterPorts ports, Requests requests, Claims own) {
    this.config = config;
    this.ports = ports;
    this.requests = requests;
    this.own = own;
  }

  /**
   * Judges a claim of a group.
   *
   * @param epoch from which on this node leads the slot of the job
   */
  public void judge(View view, long epoch, byte[] key, Claim claim, Judged done) {
    GroupId name = GroupId.of(claim.job());
    if (!jobs.containsKey(name)) {
      // Before the job is there: nothing waits for it yet, so it would be forgotten at once.
      forgetIdle();
    }
    Job job = jobs.computeIfAbsent(name, _ -> new Job());
    if (job.epoch != epoch) {
      // Meanwhile another node may have been the home.
      job.isKnown = false;
      job.labelNames.clear();
      job.epoch = epoch;
    }
    if (waiting >= MOST_WAITING) {
      done.verdict(Verdict.RETRY, "too many new series at a time");
      return;
    }
    waiting++;
    job.queue.add(
        new Asked(
            epoch,
            view,
            key,
            claim,
            (verdict, reason) -> {
              waiting--;
              done.verdict(verdict, reason);
            }));
    next(job);
  }

  public void settled(String name, byte[] key) {
    Job job = jobs.get(GroupId.of(name));
    if (job != null) {
      job.granted.remove(new GroupId(key));
    }
  }

  /** How many jobs it remembers. */
  int size() {
    return jobs.size();
  }

  private void forgetIdle() {
    long now = ports.clock().nanoTime();
    var oldest = jobs.values().iterator();
    while (jobs.size() >= MOST_JOBS && oldest.hasNext()) {
      Job job = oldest.next();
      job.dropOldGrants(now);
      if (!job.isBusy && job.queue.isEmpty() && job.granted.isEmpty()) {
        oldest.remove();
      }
    }
  }

  private void next(Job job) {
    if (job.isBusy || job.queue.isEmpty()) {
      return;
    }
    Asked asked = job.queue.remove();
    if (job.isKnown && job.labelNames.equals(Set.of(GroupId.of(asked.claim().labelNames())))) {
      asked.done().verdict(Verdict.GRANTED_ALL, "");
      next(job);
      return;
    }
    job.isBusy = true;
    new Probing(job, asked).start();
  }

  /** Asks every member, this one included, what it knows of a job. */
  private final class Probing {
    private final Job job;
    private final Asked asked;
    private final Set<ProcessId> open = new HashSet<>();
    private final Set<String> labelNames = new HashSet<>();
    private Optional<String> collision = Optional.empty();
    private boolean failed;

    Probing(Job job, Asked asked) {
      this.job = job;
      this.asked = asked;
    }

    void start() {
      List<Member> members =
          asked.view().members().stream().filter(member -> !member.voterOnly()).toList();
      members.forEach(member -> open.add(ProcessId.of(member)));
      for (Member member : members) {
        if (own.isSelf(member)) {
          own.probed(0, asked.epoch(), asked.key(), asked.claim(), answer -> heard(member, answer));
        } else {
          requests.ask(
              member,
              config.lease().toNanos(),
              id -> new PeerMessage.Probe(id, asked.epoch(), asked.key(), asked.claim()),
              answer ->
                  heard(
                      member,
                      answer.filter(ProbeAnswer.class::isInstance).map(ProbeAnswer.class::cast)));
        }
      }
    }

    private void heard(Member member, Optional<ProbeAnswer> answer) {
      if (answer.isPresent()) {
        labelNames.addAll(answer.get().labelNames());
        collision = collision.or(answer.get()::collision);
      } else {
        failed = true;
      }
      open.remove(ProcessId.of(member));
      if (open.isEmpty()) {
        job.isBusy = false;
        conclude();
        next(job);
      }
    }

    private void conclude() {
      if (failed || job.epoch != asked.epoch()) {
        asked.done().verdict(Verdict.RETRY, "a member did not say what series it has");
        return;
      }
      labelNames.add(asked.claim().labelNames());
      labelNames.forEach(each -> job.labelNames.add(GroupId.of(each)));
      job.isKnown = true;
      long now = ports.clock().nanoTime();
      job.dropOldGrants(now);
      Optional<String> found = collision.or(this::collisionWithGranted);
      if (found.isPresent()) {
        asked.done().verdict(Verdict.COLLIDES, found.get());
      } else if (job.labelNames.size() == 1) {
        asked.done().verdict(Verdict.GRANTED_ALL, "");
      } else {
        long until = now + config.pushBudget().toNanos() + config.lease().toNanos();
        job.granted.put(new GroupId(asked.key()), new Granted(asked.claim(), until));
        asked.done().verdict(Verdict.GRANTED, "");
      }
    }

    private Optional<String> collisionWithGranted() {
      return job.granted.entrySet().stream()
          .filter(granted -> !granted.getKey().equals(new GroupId(asked.key())))
          .filter(granted -> collide(granted.getValue().claim(), asked.claim()))
          .map(_ -> "another group of the job is about to have one of its series")
          .findFirst();
    }
  }

  /** True if two claims of one job have a series in common, and different label names. */
  static boolean collide(Claim left, Claim right) {
    if (left.labelNames().equals(right.labelNames())) {
      return false;
    }
    return !Collections.disjoint(seriesOf(left), seriesOf(right));
  }

  private static Set<Fingerprint> seriesOf(Claim claim) {
    var series = new HashSet<Fingerprint>();
    var encoded = ByteBuffer.wrap(claim.series());
    while (encoded.remaining() >= Fingerprint.BYTES) {
      series.add(new Fingerprint(encoded.getLong(), encoded.getLong()));
    }
    return series;
  }
}
