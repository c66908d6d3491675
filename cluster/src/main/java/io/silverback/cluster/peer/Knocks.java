package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Knock;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Finds out whether doors refuse connections, a few at a time. Thread-safe. */
final class Knocks {
  private static final int MOST_AT_ONCE = 8;

  /**
   * Shorter than the first repeat of a lost packet, so that nothing but a refusal of the host ends
   * an attempt before.
   */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Addresses addresses;
  private final Semaphore room = new Semaphore(MOST_AT_ONCE);

  Knocks(Addresses addresses) {
    this.addresses = addresses;
  }

  void knock(HostPort at, Consumer<Knock> done) {
    if (!room.tryAcquire()) {
      done.accept(Knock.NOT_REFUSED);
      return;
    }
    Thread.ofVirtual()
        .name("peer-knock")
        .start(
            () -> {
              Knock outcome = Knock.NOT_REFUSED;
              try {
                outcome = outcomeAt(at);
              } finally {
                room.release();
                done.accept(outcome);
              }
            });
  }

  private Knock outcomeAt(HostPort at) {
    try {
      List<InetSocketAddress> all = addresses.resolveAll(at, PATIENCE);
      boolean isRefused = !all.isEmpty() && all.stream().allMatch(Knocks::refuses);
      return isRefused ? Knock.REFUSED : Knock.NOT_REFUSED;
    } catch (IOException _) {
      return Knock.NOT_REFUSED;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Knock.NOT_REFUSED;
    }
  }

  private static boolean refuses(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address, (int) PATIENCE.toMillis());
      return false;
    } catch (ConnectException _) {
      return true;
    } catch (IOException _) {
      // No answer in time, or no way there: it may live.
      return false;
    }
  }
}
