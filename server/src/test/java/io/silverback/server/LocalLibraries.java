package io.silverback.server;

import io.silverback.cluster.Member;
import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.Trouble;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import io.silverback.server.flags.MemberConfig;
import io.silverback.server.member.ClusterLibraries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One world for the nodes of a test, all in one process: everybody sees everybody, and one list of
 * views is the log, which a minority cannot write. Replaces the libraries where a test is not about
 * them. Thread-safe.
 */
final class LocalLibraries implements ClusterLibraries {
  private final Map<Member, ViewLog.Listener> logs = new LinkedHashMap<>();
  private final List<Member> living = new ArrayList<>();
  private final List<View> views = new ArrayList<>();
  private boolean isFrozen;

  @Override
  public Membership membership(MemberConfig settings, Network network) {
    return new LocalMembership();
  }

  @Override
  public ViewLog viewLog(MemberConfig settings, Path folder, Network network) {
    return new LocalLog();
  }

  /** From now on nothing more is agreed on, or again what is proposed. */
  synchronized void freeze(boolean freezes) {
    isFrozen = freezes;
  }

  private synchronized void commit(View next) {
    long newest = views.isEmpty() ? 0 : views.getLast().epoch();
    if (!isFrozen && next.epoch() == newest + 1 && hasMajority()) {
      views.add(next);
      List.copyOf(logs.values()).forEach(listener -> listener.committed(next));
    }
  }

  private boolean hasMajority() {
    return views.isEmpty()
        || logs.keySet().stream().filter(views.getLast()::hasVoter).count()
            >= views.getLast().majority();
  }

  private final class LocalMembership implements Membership {
    private @Nullable Member self;

    @Override
    public void start(Member self) {
      synchronized (LocalLibraries.this) {
        this.self = self;
        living.add(self);
      }
    }

    @Override
    public List<Member> peers() {
      synchronized (LocalLibraries.this) {
        return living.stream().filter(member -> !member.equals(self)).toList();
      }
    }

    @Override
    public List<Trouble> troubles() {
      return List.of();
    }

    @Override
    public void close() {
      synchronized (LocalLibraries.this) {
        living.remove(self);
      }
    }
  }

  private final class LocalLog implements ViewLog {
    private @Nullable Member self;

    @Override
    public void start(Member self, Listener listener) {
      synchronized (LocalLibraries.this) {
        this.self = self;
        logs.put(self, listener);
        views.forEach(listener::committed);
      }
    }

    @Override
    public Optional<View> remembered() {
      return Optional.empty();
    }

    @Override
    public void bootstrap(View first) {
      commit(first);
    }

    @Override
    public void follow(View view) {}

    @Override
    public Optional<View> newestOfTwo() {
      return Optional.empty();
    }

    @Override
    public void refound(View first, Optional<View> newest) {}

    @Override
    public boolean isProposer() {
      synchronized (LocalLibraries.this) {
        return !logs.isEmpty() && logs.keySet().iterator().next().equals(self);
      }
    }

    @Override
    public void propose(View next) {
      commit(next);
    }

    @Override
    public void heard(List<Member> members) {}

    @Override
    public void reconcile(List<Member> voters) {}

    @Override
    public List<Long> libraryVoters() {
      synchronized (LocalLibraries.this) {
        return views.isEmpty()
            ? List.of()
            : views.getLast().voters().stream().map(Member::storeId).toList();
      }
    }

    @Override
    public Optional<Agreed> agreed() {
      synchronized (LocalLibraries.this) {
        return isProposer() && !views.isEmpty()
            ? Optional.of(new Agreed(views.getLast().epoch(), libraryVoters()))
            : Optional.empty();
      }
    }

    @Override
    public List<Follower> followers() {
      return List.of();
    }

    @Override
    public boolean reaches(long index) {
      synchronized (LocalLibraries.this) {
        return !views.isEmpty() && views.getLast().epoch() >= index;
      }
    }

    @Override
    public void close() {
      synchronized (LocalLibraries.this) {
        logs.remove(self);
      }
    }
  }
}
