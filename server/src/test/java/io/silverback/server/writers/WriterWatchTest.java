package io.silverback.server.writers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.writers.WriterWatch.Conflict;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Which writers are found to disturb each other, and which are not.
 *
 * <p>Longer than other classes: all cases share the traces of pushes below.
 */
final class WriterWatchTest {
  private static final GroupingKey KEY = GroupingKey.of("j");
  private static final long SECOND = 1_000_000_000L;
  private static final TextParser TEXT = new TextParser(NameValidation.LEGACY);

  private final AtomicLong nanos = new AtomicLong();
  private final WriterWatch watch = new WriterWatch(nanos::get, () -> 1000);

  @Test
  void processesThatComeBackAreAConflictWithinAFewPushes() {
    int pushes = 0;
    while (watch.conflicts(9).isEmpty()) {
      put("10.0.0.1", started(100) + counter(pushes));
      put("10.0.0.2", started(200) + counter(pushes));
      pushes += 2;
      assertTrue(pushes <= 6, "not found: pushes=" + pushes);
    }

    Conflict conflict = watch.conflicts(9).getFirst();
    assertEquals(WriterEvidence.PROCESS, conflict.evidence());
    assertEquals(List.of("10.0.0.2", "10.0.0.1"), conflict.names());
    assertEquals(1000, conflict.sinceMillis());
    assertEquals(1, watch.found(WriterEvidence.PROCESS));
  }

  @Test
  void processesBehindOneAddressAreToldApart() {
    for (int i = 0; i < 3; i++) {
      put("10.0.0.1", started(100) + counter(i));
      put("10.0.0.1", started(200) + counter(i));
    }

    assertEquals(1, watch.conflicts(9).size());
  }

  @Test
  void aFlinkJobManagerAndItsTaskManagersAreToldApartByTheirSeries() {
    for (int i = 0; i < 3; i++) {
      put("10.0.0.1", flink("jobmanager", "", i));
      put("10.0.0.1", flink("taskmanager", "a", i));
    }

    assertEquals(WriterEvidence.SERIES, watch.conflicts(9).getFirst().evidence());
  }

  @Test
  void manyTaskManagersInARowAreFound() {
    int rounds = 0;
    while (watch.conflicts(9).isEmpty()) {
      for (int manager = 0; manager < 34; manager++) {
        put("10.0.0." + manager, flink("taskmanager", "tm" + manager, rounds));
      }
      rounds++;
      assertTrue(rounds <= 10, "not found: rounds=" + rounds);
    }
  }

  @Test
  void aBusyWriterBesideARareOneIsFound() {
    int rounds = 0;
    while (watch.conflicts(9).isEmpty()) {
      for (int i = 0; i < 6; i++) {
        put("10.0.0.1", flink("taskmanager", "a", i));
      }
      put("10.0.0.2", flink("taskmanager", "b", rounds++));
      assertTrue(rounds <= 10, "not found: rounds=" + rounds);
    }
  }

  @Test
  void addressesWhoseValuesGoOnForThemselvesAreAConflict() {
    for (int i = 0; i < 6; i++) {
      put("10.0.0.1", counter(1000 + i));
      put("10.0.0.2", counter(i));
    }

    assertEquals(WriterEvidence.ADDRESS, watch.conflicts(9).getFirst().evidence());
  }

  @Test
  void addressesWithConstantsOfTheirOwnAreAConflict() {
    for (int i = 0; i < 6; i++) {
      put("10.0.0.1", "memory_max 1\ncpus 2\nbuild 3\nheap 4\nport 1\ndisk 9\nload " + i + "\n");
      put("10.0.0.2", "memory_max 8\ncpus 4\nbuild 5\nheap 6\nport 2\ndisk 7\nload " + -i + "\n");
    }

    assertEquals(WriterEvidence.ADDRESS, watch.conflicts(9).getFirst().evidence());
  }

  @Test
  void aRestartIsNoConflict() {
    for (int start = 0; start < 20; start++) {
      for (int i = 0; i < 3; i++) {
        put("10.0.0." + start, started(100 * start) + counter(i));
        assertQuiet();
      }
    }
  }

  @Test
  void aRestartWithoutAnyMarkIsNoConflict() {
    for (int start = 0; start < 20; start++) {
      for (int i = 0; i < 3; i++) {
        put("10.0.0." + start % 2, counter(i));
        assertQuiet();
      }
    }
  }

  @Test
  void anOverlapThatEndsIsNoConflict() {
    for (int start = 0; start < 20; start++) {
      // The old process pushes twice more while the new one has begun.
      put("10.0.0.1", started(100 * start) + counter(1));
      for (int i = 0; start > 0 && i < 1; i++) {
        put("10.0.0.1", started(100 * (start - 1)) + counter(1));
        put("10.0.0.1", started(100 * start) + counter(1));
      }
      for (int i = 0; i < 30; i++) {
        put("10.0.0.1", started(100 * start) + counter(1));
        assertQuiet();
      }
    }
  }

  @Test
  void aJobWhoseEveryRunIsANewProcessIsNoConflict() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    for (int run = 0; run < 500; run++) {
      put("10.0.0." + random.nextInt(250), started(run * 60) + counter(random.nextInt(1000)));
      assertQuiet();
    }
  }

  @Test
  void manyClientsBehindOneAddressAreNoConflictForTheirOwnGroups() {
    for (int i = 0; i < 20; i++) {
      for (int client = 0; client < 20; client++) {
        push(
            GroupingKey.of("j", "instance", "" + client),
            true,
            "10.0.0.1",
            started(client * 100) + counter(i));
        assertQuiet();
      }
    }
  }

  @Test
  void twoAlikeBehindOneAddressStayHidden() {
    // Nothing tells them from one process, so nothing is said.
    for (int i = 0; i < 50; i++) {
      put("10.0.0.1", "temperature " + i + "\n");
      put("10.0.0.1", "temperature " + -i + "\n");
      assertQuiet();
    }
  }

  @Test
  void aProcessThatComesThroughSeveralProxiesIsNoConflict() {
    for (int i = 0; i < 200; i++) {
      put("10.0.0." + i % 3, started(100) + counter(i));
      assertQuiet();
    }
  }

  @Test
  void aProcessWithoutStartTimeThatComesThroughSeveralProxiesIsNoConflict() {
    for (int i = 0; i < 200; i++) {
      put("10.0.0." + i % 2, counter(i) + "threads " + (20 + i % 2) + "\nmemory_max 1\n");
      assertQuiet();
    }
  }

  @Test
  void gaugesThatComeThroughSeveralProxiesAreNoConflict() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      put(
          "10.0.0." + i % 2,
          "queue %d\nthreads %d\nmax 7\n".formatted(random.nextInt(3), random.nextInt(2)));
      assertQuiet();
    }
  }

  @Test
  void aStartTimeThatIsWorkedOutAnewEachTimeIsOne() {
    for (int i = 0; i < 50; i++) {
      put("10.0.0.1", started(100 + i % 2) + counter(i));
      assertQuiet();
    }
  }

  @Test
  void seriesInAnotherOrderAreTheSame() {
    for (int i = 0; i < 20; i++) {
      put(
          "10.0.0.1",
          i % 2 == 0 ? "a{x=\"1\"} 1\na{x=\"2\"} 1\nb 1\n" : "b 1\na{x=\"2\"} 1\na 1\n");
      assertQuiet();
    }
  }

  @Test
  void postsOfDifferentMetricsBesideOneAnotherAreNoConflict() {
    for (int i = 0; i < 50; i++) {
      push(KEY, false, "10.0.0.1", "a_done 1\na_files " + i + "\n");
      push(KEY, false, "10.0.0.2", "b_done 1\nb_files " + i + "\n");
      assertQuiet();
    }
  }

  @Test
  void postsOfTheSameMetricsByTwoProcessesAreAConflict() {
    for (int i = 0; i < 4; i++) {
      push(KEY, false, "10.0.0.1", started(100) + counter(i));
      push(KEY, false, "10.0.0.1", "other 1\n");
      push(KEY, false, "10.0.0.2", started(200) + counter(i));
    }

    assertEquals(WriterEvidence.PROCESS, watch.conflicts(9).getFirst().evidence());
  }

  @Test
  void keysThatARuleMadeOneAreAConflict() {
    for (int i = 0; i < 4; i++) {
      watch.pushed(KEY, GroupingKey.of("j1"), true, "10.0.0.1", families("a 1\n"));
      watch.pushed(KEY, GroupingKey.of("j2"), true, "10.0.0.1", families("a 1\n"));
    }

    Conflict conflict = watch.conflicts(9).getFirst();
    assertEquals(WriterEvidence.REWRITE, conflict.evidence());
    assertEquals(List.of("10.0.0.1 as {job=\"j2\"}", "10.0.0.1 as {job=\"j1\"}"), conflict.names());
  }

  @Test
  void aConflictEndsOnceOneWriterIsAlone() {
    conflict(KEY);
    for (int i = 0; i < 60; i++) {
      put("10.0.0.1", started(100) + counter(i));
    }

    assertQuiet();
    conflict(KEY);
    assertEquals(2, watch.found(WriterEvidence.PROCESS));
  }

  @Test
  void aConflictEndsWithSilence() {
    conflict(KEY);
    nanos.addAndGet(7200 * SECOND);

    assertQuiet();
    assertTrue(watch.conflictOf(KEY).isEmpty());
  }

  @Test
  void aDeletedGroupIsForgotten() {
    conflict(KEY);
    watch.forget(KEY);

    assertQuiet();
    conflict(KEY);
    watch.forgetAll();
    assertQuiet();
  }

  @Test
  void withMoreGroupsThanRoomEachIsWatchedInItsTurn() {
    var small = new WriterWatch(1, nanos::get, () -> 1000);
    boolean found = false;
    for (int round = 0; round < 2000 && !found; round++) {
      for (int group = 0; group < 100; group++) {
        var key = GroupingKey.of("g", "n", "" + group);
        int start = group == 77 ? 100 * (round % 2 + 1) : 100;
        small.pushed(key, key, true, "10.0.0.1", families(started(start) + counter(round)));
      }
      found = small.conflicts(9).stream().anyMatch(c -> c.key().toString().contains("77"));
    }

    assertTrue(found);
  }

  @Test
  void keysOfManyLabelsAreWatchedWithinAFixedWeight() {
    int groups = 2_000;
    for (int number = 0; number < groups; number++) {
      conflict(manyLabels(number));
    }

    int most = 16 * (512 << 10) / (int) KeyBatch.weightOf(manyLabels(0));
    int found = watch.conflictCount();
    assertTrue(found > most / 2 && found <= most, "found=" + found + " most=" + most);
    watch.forgetAll();
    conflict(manyLabels(groups));
    assertEquals(1, watch.conflictCount());
  }

  @Test
  void onlyTheFirstConflictsAreListedAndAllAreCounted() {
    for (int number = 30; number > 0; number--) {
      conflict(GroupingKey.of("j", "n", "" + (100 + number)));
    }

    assertEquals(30, watch.conflictCount());
    assertEquals(
        List.of("101", "102", "103"),
        watch.conflicts(3).stream().map(it -> it.key().labels().value("n").orElseThrow()).toList());
  }

  @Test
  void aLongKeyThatWasRewrittenIsKeptShortAndStillToldApart() {
    String longJob = "x".repeat(900);
    for (int i = 0; i < 3; i++) {
      watch.pushed(KEY, GroupingKey.of(longJob + 1), true, "10.0.0.1", families(started(1)));
      watch.pushed(KEY, GroupingKey.of(longJob + 2), true, "10.0.0.1", families(started(1)));
    }

    Conflict conflict = watch.conflicts(9).getFirst();
    assertEquals(WriterEvidence.REWRITE, conflict.evidence());
    assertEquals(2, conflict.names().size());
    conflict.names().forEach(name -> assertTrue(name.length() < 200, name));
  }

  @Test
  void aLongKeyIsNotWatched() {
    var key = GroupingKey.of("x".repeat(2000));

    conflict(key);
    assertQuiet();
  }

  private void conflict(GroupingKey key) {
    for (int i = 0; i < 4; i++) {
      watch.pushed(key, key, true, "10.0.0.1", families(started(100) + counter(i)));
      watch.pushed(key, key, true, "10.0.0.1", families(started(200) + counter(i)));
    }
  }

  private static GroupingKey manyLabels(int number) {
    var labels = new Labels.Builder().add("job", "j").add("n", Integer.toString(10_000 + number));
    for (int i = 0; i < 100; i++) {
      labels.add("l" + i, "v");
    }
    return new GroupingKey(labels.build());
  }

  private void put(String client, String body) {
    push(KEY, true, client, body);
  }

  private void push(GroupingKey key, boolean replaces, String client, String body) {
    nanos.addAndGet(10 * SECOND);
    watch.pushed(key, key, replaces, client, families(body));
  }

  private void assertQuiet() {
    assertEquals(List.of(), watch.conflicts(9));
  }

  private static List<MetricFamily> families(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return TEXT.parse(bytes, bytes.length).families();
  }

  private static String started(double seconds) {
    return "process_start_time_seconds " + seconds + "\n";
  }

  private static String counter(long value) {
    return "# TYPE requests_total counter\nrequests_total " + value + "\n";
  }

  private static String flink(String component, String id, int round) {
    var body = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      body.append("flink_%s_metric_%d{tm_id=\"%s\"} %d\n".formatted(component, i, id, round + i));
    }
    return body.toString();
  }
}
