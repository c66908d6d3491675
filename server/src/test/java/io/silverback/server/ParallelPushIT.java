package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A hundred clients push at once while others read: nothing may be lost, mixed or reordered.
 *
 * <p>A lane is a row of pushes that one client sends one after the other, each with a greater
 * number than the one before and with that number in all of its three families.
 */
final class ParallelPushIT {
  private static final int CLIENTS = 100;
  private static final int READERS = 2;
  private static final int GROUPS = 1000;
  private static final Duration PUSHING = Duration.ofSeconds(2);
  private static final Duration READ_PAUSE = Duration.ofMillis(20);

  private static final int CARRIERS = 8;

  @AutoClose private RunningGateway gateway;

  /** With as many carriers of virtual threads as larger machines have: some wait in loops. */
  @BeforeEach
  void start() {
    var carriers =
        Map.of("SILVERBACK_JAVA_OPTS", "-Djdk.virtualThreadScheduler.parallelism=" + CARRIERS);
    gateway = RunningGateway.start(RunningGateway.launcher(), carriers);
  }

  @Test
  void clientsThatMergeIntoOneGroupKeepTheirOwnFamilies() throws Exception {
    var lanes = new PushLanes(CLIENTS);
    pushAndRead(lanes, "POST", lane -> "/metrics/job/merged", lane -> "_" + lane, true);

    assertEquals(lanes.lastNumbers(), lanes.numbersOn(gateway.scrape()));
  }

  @Test
  void clientsThatReplaceOneGroupNeverMixTheirFamilies() throws Exception {
    var lanes = new PushLanes(CLIENTS);
    pushAndRead(lanes, "PUT", lane -> "/metrics/job/replaced", lane -> "", false);

    List<Long> numbers = lanes.numbersOn(gateway.scrape());
    assertEquals(1, numbers.size());
    assertTrue(lanes.lastNumbers().containsAll(numbers), numbers::toString);
  }

  @Test
  void clientsOfAThousandGroupsDoNotDisturbOneAnother() throws Exception {
    var lanes = new PushLanes(GROUPS);
    pushAndRead(lanes, "PUT", lane -> "/metrics/job/many/lane/" + lane, lane -> "", true);

    assertEquals(lanes.lastNumbers(), lanes.numbersOn(gateway.scrape()));
  }

  private void pushAndRead(
      PushLanes lanes,
      String method,
      IntFunction<String> path,
      IntFunction<String> suffix,
      boolean lanesStay)
      throws Exception {
    long deadline = System.nanoTime() + PUSHING.toNanos();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var pushers = new ArrayList<Future<?>>();
      for (int client = 0; client < CLIENTS; client++) {
        int[] own =
            IntStream.iterate(client, lane -> lane < lanes.count(), lane -> lane + CLIENTS)
                .toArray();
        pushers.add(
            threads.submit(
                () -> {
                  do {
                    for (int lane : own) {
                      push(lanes, lane, method, path.apply(lane), suffix.apply(lane));
                    }
                  } while (System.nanoTime() - deadline < 0);
                }));
      }
      var readers = new ArrayList<Future<Integer>>();
      for (int reader = 0; reader < READERS; reader++) {
        readers.add(threads.submit(() -> read(lanes, lanesStay, pushers)));
      }
      for (Future<?> pusher : pushers) {
        pusher.get();
      }
      for (Future<Integer> reader : readers) {
        assertTrue(reader.get() >= 3, "too few pages were read while clients pushed");
      }
    }
  }

  private void push(PushLanes lanes, int lane, String method, String path, String suffix) {
    long number = lanes.next(lane);
    String body = "a%1$s %2$d\nb%1$s %2$d\nc%1$s %2$d\n".formatted(suffix, number);
    assertEquals(200, gateway.send(method, path, body).statusCode());
    lanes.answered(lane, number);
  }

  private int read(PushLanes lanes, boolean lanesStay, List<Future<?>> pushers) {
    PushLanes.Reader reader = lanes.reader(lanesStay);
    int pages = 0;
    while (!pushers.stream().allMatch(Future::isDone)) {
      reader.beforeRequest();
      reader.check(gateway.scrape());
      pages++;
      RunningProcess.pause(READ_PAUSE);
    }
    return pages;
  }
}
