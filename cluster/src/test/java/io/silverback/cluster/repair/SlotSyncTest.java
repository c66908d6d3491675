package io.silverback.cluster.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Loop;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.Requests;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class SlotSyncTest {
  private final Member peer = TestViews.member("b", 2, 2);
  private final HandPorts hand = new HandPorts();
  private final List<PeerMessage> posted = new ArrayList<>();
  private final Requests requests = new Requests(hand.time, (_, message) -> posted.add(message));
  private final List<SlotSync.Outcome> outcomes = new ArrayList<>();

  /** Else its owner would take it for busy for ever, and never compare with that peer again. */
  @Test
  void aStepThatFailsEndsIt() {
    var slots = new BitSet();
    slots.set(9);
    new SlotSync(
            broken(),
            requests,
            EnumSet.noneOf(Rule.class),
            SyncTask.exchange(peer, slots),
            outcomes::add)
        .start();
    long id = ((PeerMessage.AskDigests) posted.getFirst()).id();
    var answer = new PeerMessage.Digests(id, List.of(1L), List.of(Version.NEVER));
    assertThrows(RejectedExecutionException.class, () -> requests.answered(answer));
    assertEquals(List.of(new SlotSync.Outcome(new BitSet(), Optional.empty(), 0, 0)), outcomes);
  }

  private ClusterPorts broken() {
    ClusterPorts ports = hand.with(new NotedStore());
    return new ClusterPorts(
        ports.clock(),
        new NoWorker(),
        ports.network(),
        ports.membership(),
        ports.viewLog(),
        ports.store(),
        ports.versions(),
        ports.random());
  }

  private final class NoWorker implements Loop {
    @Override
    public void execute(Runnable task) {
      hand.time.execute(task);
    }

    @Override
    public void schedule(long delayNanos, Runnable task) {
      hand.time.schedule(delayNanos, task);
    }

    @Override
    public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
      throw new RejectedExecutionException("thrown by a test");
    }

    @Override
    public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
      background(work, then);
    }

    @Override
    public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
      background(work, then);
    }
  }
}
