package io.silverback.cluster;

import io.silverback.cluster.simulation.SimStore;
import io.silverback.cluster.simulation.SimWorld;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The world of one part of a node: time by hand, nobody else, and a log that only takes notes. */
public final class HandPorts {
  public final HandTime time = new HandTime();
  public final NotedLog log = new NotedLog();

  public ClusterPorts with(ReplicaStore store) {
    var versions = new VersionClock(time::wallMillis, 1);
    return new ClusterPorts(
        time, time, new Nowhere(), new Nobody(), log, store, versions, () -> 4711);
  }

  public ClusterPorts ports() {
    return with(new SimStore(new SimWorld(1, false)));
  }

  /** Remembers what was asked of it. */
  public static final class NotedLog implements ViewLog {
    public final List<View> proposed = new ArrayList<>();
    public boolean isProposer = true;
    public List<Long> libraryVoters = List.of();
    public Optional<Agreed> agreed = Optional.empty();
    public long end;
    public @Nullable Listener listener;
    public int reconciled;
    public List<Member> heard = List.of();
    public Optional<View> newestOfTwo = Optional.empty();
    public final List<View> refounded = new ArrayList<>();
    public List<Follower> followers = List.of();

    @Override
    public void start(Member self, Listener to) {
      listener = to;
    }

    @Override
    public Optional<View> remembered() {
      return Optional.empty();
    }

    @Override
    public void bootstrap(View first) {}

    @Override
    public void follow(View view) {}

    @Override
    public Optional<View> newestOfTwo() {
      return newestOfTwo;
    }

    @Override
    public void refound(View first, Optional<View> newest) {
      refounded.add(first);
    }

    @Override
    public boolean isProposer() {
      return isProposer;
    }

    @Override
    public void propose(View next) {
      proposed.add(next);
    }

    @Override
    public void heard(List<Member> members) {
      heard = members;
    }

    @Override
    public void reconcile(List<Member> voters) {
      reconciled++;
    }

    @Override
    public List<Long> libraryVoters() {
      return libraryVoters;
    }

    @Override
    public Optional<Agreed> agreed() {
      return agreed;
    }

    @Override
    public List<Follower> followers() {
      return followers;
    }

    @Override
    public boolean reaches(long index) {
      return end >= index;
    }

    @Override
    public void close() {}
  }

  private static final class Nobody implements Membership {
    @Override
    public void start(Member self) {}

    @Override
    public List<Member> peers() {
      return List.of();
    }

    @Override
    public List<Trouble> troubles() {
      return List.of();
    }

    @Override
    public void close() {}
  }

  /** The doors that refuse; all others do not answer. */
  public final Set<String> refusing = new HashSet<>();

  /** Nothing comes of attempts from now on. */
  public boolean unanswered;

  private final class Nowhere implements Network {
    @Override
    public void knock(String address, Consumer<Knock> done) {
      if (!unanswered) {
        done.accept(refusing.contains(address) ? Knock.REFUSED : Knock.NOT_REFUSED);
      }
    }

    @Override
    public boolean send(String address, Channel channel, byte[] message) {
      return false;
    }

    @Override
    public void receive(Channel channel, Receiver receiver) {}

    @Override
    public void whenHungUp(Consumer<Sender> listener) {}

    @Override
    public void dropConnections() {}

    @Override
    public String localAddress() {
      return "nowhere:1";
    }

    @Override
    public void close() {}
  }
}
