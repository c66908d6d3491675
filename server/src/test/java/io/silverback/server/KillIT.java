package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that is killed while it is pushed to, again and again over one store: after each start
 * it shows what it had acknowledged, or the push that was under way, and nothing in between.
 *
 * <p>{@code bench/bin/kill-store} asks the same at length.
 */
@Tag("alone")
final class KillIT {
  private static final int KILLS = 12;
  private static final int WRITERS = 6;
  private static final int GROUPS_EACH = 10;
  private static final Duration LEAST_PUSHING = Duration.ofMillis(200);
  private static final int MOST_MORE_MILLIS = 800;

  @TempDir private Path folder;

  @Test
  void whatWasAcknowledgedOutlivesKills() throws Exception {
    long seed = System.nanoTime();
    System.out.println("KillIT seed=" + seed);
    var random = new Random(seed);
    List<KilledGroup> groups =
        IntStream.range(0, WRITERS * GROUPS_EACH).mapToObj(KilledGroup::new).toList();
    String[] flags = {"--persistence.file=" + folder.resolve("store"), "--persistence.interval=1s"};
    RunningGateway gateway = RunningGateway.start(flags);
    try {
      for (int kill = 1; kill <= KILLS; kill++) {
        pushUntilKilled(gateway, groups, random);
        gateway = RunningGateway.start(flags);
        String page = gateway.scrape();
        for (KilledGroup group : groups) {
          group.check(page, "seed=" + seed + " kill=" + kill);
        }
      }
    } finally {
      gateway.kill();
    }
    assertTrue(groups.stream().allMatch(KilledGroup::wasAcknowledged), "too few pushes: " + groups);
  }

  private static void pushUntilKilled(
      RunningGateway gateway, List<KilledGroup> groups, Random random)
      throws InterruptedException, ExecutionException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writers = new ArrayList<Future<?>>();
      for (int writer = 0; writer < WRITERS; writer++) {
        int first = writer * GROUPS_EACH;
        List<KilledGroup> own = groups.subList(first, first + GROUPS_EACH);
        writers.add(threads.submit(() -> pushUntilKilled(gateway, own)));
      }
      RunningProcess.pause(LEAST_PUSHING.plusMillis(random.nextInt(MOST_MORE_MILLIS)));
      gateway.kill();
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
  }

  private static void pushUntilKilled(RunningGateway gateway, List<KilledGroup> groups) {
    try {
      while (true) {
        for (KilledGroup group : groups) {
          KilledGroup.Write write = group.next();
          HttpResponse<String> answer = gateway.send(write.method(), group.path(), write.body());
          assertEquals(
              write.method().equals("DELETE") ? 202 : 200, answer.statusCode(), answer::body);
          group.acknowledged();
        }
      }
    } catch (UncheckedIOException e) {
      // The gateway is gone, and nobody knows whether it took this last push.
    }
  }
}
