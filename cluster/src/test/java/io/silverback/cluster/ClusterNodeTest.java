package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class ClusterNodeTest {
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final HandPorts hand = new HandPorts();
  private final FullLoop loop = new FullLoop();
  private final ClusterNode node = new ClusterNode(ClusterConfig.standard(2), a, ports(), () -> {});

  /** Takes nothing more from other threads, if a test says so. */
  private final class FullLoop implements Loop {
    private boolean isFull;

    @Override
    public void execute(Runnable task) {
      if (isFull) {
        throw new RejectedExecutionException("full");
      }
      hand.time.execute(task);
    }

    @Override
    public void schedule(long delayNanos, Runnable task) {
      hand.time.schedule(delayNanos, task);
    }

    @Override
    public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
      hand.time.background(work, then);
    }

    @Override
    public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
      hand.time.parallel(work, then);
    }
  }

  /** A thread of the library that meets an exception ends its server, which looked removed then. */
  @Test
  void theListenerOfViewsNeverThrowsAndKeepsTheNewest() {
    node.start();
    hand.time.settle();
    loop.isFull = true;
    View first = ViewPlanner.first(7, List.of(a, b));
    View second = ViewPlanner.without(first, b, 0);
    ViewLog.Listener listener = Objects.requireNonNull(hand.log.listener);
    listener.committed(first);
    listener.committed(second);
    listener.committed(first);
    hand.time.pass(1);
    assertEquals(Optional.of(second), node.status().view());
  }

  @Test
  void anOverloadedNodeLeaves() {
    node.start();
    hand.time.settle();
    loop.isFull = true;
    node.close();
    hand.time.pass(1);
    assertEquals(Optional.of("leaving the cluster"), node.whyNotReady());
  }

  private ClusterPorts ports() {
    ClusterPorts ports = hand.ports();
    return new ClusterPorts(
        ports.clock(),
        loop,
        ports.network(),
        ports.membership(),
        ports.viewLog(),
        ports.store(),
        ports.random());
  }
}
