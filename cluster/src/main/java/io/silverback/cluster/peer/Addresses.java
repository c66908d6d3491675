package io.silverback.cluster.peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks up the addresses of peers, on threads of its own: a name server that does not answer would
 * otherwise hold the few threads that carry all virtual ones. Thread-safe.
 */
final class Addresses implements AutoCloseable {
  private static final int THREADS = 2;

  private final ExecutorService lookUps =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("peer-names-", 0).factory());

  /**
   * One of the addresses of a peer; another one with another number.
   *
   * @throws IOException if the name has no address, or no answer comes in time
   */
  InetSocketAddress resolve(HostPort peer, long number, Duration timeout)
      throws IOException, InterruptedException {
    InetAddress[] all = all(peer, timeout);
    return new InetSocketAddress(all[(int) Math.floorMod(number, (long) all.length)], peer.port());
  }

  /** All of them, with the same limits. */
  List<InetSocketAddress> resolveAll(HostPort peer, Duration timeout)
      throws IOException, InterruptedException {
    return Arrays.stream(all(peer, timeout))
        .map(address -> new InetSocketAddress(address, peer.port()))
        .toList();
  }

  private InetAddress[] all(HostPort peer, Duration timeout)
      throws IOException, InterruptedException {
    return peer.isLiteral() ? peer.resolve() : lookUp(peer, timeout);
  }

  private InetAddress[] lookUp(HostPort peer, Duration timeout)
      throws IOException, InterruptedException {
    Future<InetAddress[]> answer;
    try {
      answer = lookUps.submit(peer::resolve);
    } catch (RejectedExecutionException e) {
      throw new IOException("closed", e);
    }
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      answer.cancel(false);
      throw new UnknownHostException("the name server does not answer: host=" + peer.host());
    } catch (ExecutionException e) {
      throw new IOException("no address: host=" + peer.host(), e);
    }
  }

  @Override
  public void close() {
    lookUps.shutdownNow();
  }
}
