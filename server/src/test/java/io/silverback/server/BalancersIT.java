package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The balancers' files of the documentation, as they are but for the addresses, in front of three
 * servers: one of these is killed and another one ended, no client has an error, and each push is
 * shown.
 */
@Tag("clusters")
final class BalancersIT {
  private static final Duration PAUSE = Duration.ofMillis(25);
  private static final Duration BUSY = Duration.ofMillis(500);
  private static final int PUSHES_BEFORE = 20;
  private static final int PUSHES_AFTER = 100;
  private static final int GROUPS = 7;
  private static final String LARGE = "# " + "x".repeat(300_000) + "\n";

  /**
   * What a busy machine may cause, where no node has a lease for a moment; far less than there
   * would be if a balancer went on to send to a node that is down.
   */
  private static final int MOST_REFUSALS = 5;

  private final Map<String, Integer> last = new HashMap<>();
  private final List<String> refusals = new ArrayList<>();
  private int pushes;

  @Test
  void noClientHearsOfANodeThatIsKilledOrEnded(@TempDir Path folder) throws IOException {
    try (ProcessCluster cluster = ProcessCluster.start(3, folder)) {
      List<String> servers = cluster.nodes().stream().map(ProcessCluster.Node::webAddress).toList();
      try (var nginx = RunningProxy.nginxOfTheDocs(folder, servers);
          var haproxy = RunningProxy.haproxyOfTheDocs(folder, servers)) {
        List<RunningProxy> balancers = List.of(nginx, haproxy);
        push(balancers, PUSHES_BEFORE);
        for (Runnable fault : List.<Runnable>of(cluster.node(0)::kill, cluster.node(1)::end)) {
          fault.run();
          push(balancers, PUSHES_AFTER);
          cluster.mend();
        }
        for (RunningProxy balancer : balancers) {
          cluster.await("the page has each last value", () -> showsAll(balancer));
        }
      }
    }
  }

  private boolean showsAll(RunningProxy balancer) {
    HttpResponse<String> page = Http.get(balancer.uri("/metrics?scope=cluster"));
    return page.statusCode() == 200
        && last.entrySet().stream()
            .allMatch(
                each ->
                    page.body()
                        .contains(
                            "pushes{instance=\"\",job=\"%s\"} %d\n"
                                .formatted(each.getKey(), each.getValue())));
  }

  private void push(List<RunningProxy> balancers, int count) {
    for (int i = 0; i < count; i++) {
      pushes++;
      String job = "balanced-" + pushes % GROUPS;
      String body = (pushes % 10 == 0 ? LARGE : "") + "pushes " + pushes + "\n";
      RunningProxy balancer = balancers.get(pushes % balancers.size());
      String method = pushes % 3 == 0 ? "PUT" : "POST";
      HttpResponse<String> answer = Http.send(method, balancer.uri("/metrics/job/" + job), body);
      while (answer.statusCode() == 503) {
        refusals.add("push " + pushes + ": " + answer.body());
        assertTrue(refusals.size() <= MOST_REFUSALS, refusals::toString);
        RunningProcess.pause(BUSY);
        answer = Http.send(method, balancer.uri("/metrics/job/" + job), body);
      }
      assertEquals(200, answer.statusCode(), "push " + pushes + ": " + answer.body());
      last.put(job, pushes);
      RunningProcess.pause(PAUSE);
    }
  }
}
