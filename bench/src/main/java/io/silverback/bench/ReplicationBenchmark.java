package io.silverback.bench;

import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.replica.LocalUpdate;
import io.silverback.server.storage.replica.OffHeapReplicaStore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long do the stores of a leader and of a replica take for a push with new values, without the
 * network between them?
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ReplicationBenchmark {
  private static final int ROUNDS = 16;
  private static final GroupingKey KEY = GroupingKey.of("benchmark");

  @Param TextParserBenchmark.Workload workload = TextParserBenchmark.Workload.BATCH;

  private final VersionClock clock = new VersionClock(System::currentTimeMillis, 1);
  private final OffHeapMetricStore leaderStore = Stores.inMemory();
  private final OffHeapMetricStore replicaStore = Stores.inMemory();
  private final OffHeapReplicaStore leader = OffHeapReplicaStore.of(leaderStore);
  private final OffHeapReplicaStore replica = OffHeapReplicaStore.of(replicaStore);
  private final GroupUpdate[] pushes = new GroupUpdate[ROUNDS];
  private int round;

  @Setup
  public void parse() {
    for (int i = 0; i < ROUNDS; i++) {
      pushes[i] = Stores.put(KEY, workload.body(i));
    }
    replicate();
  }

  @TearDown
  public void close() {
    leaderStore.close();
    replicaStore.close();
  }

  @Benchmark
  public Merged replicate() {
    round = (round + 1) % ROUNDS;
    var update = new LocalUpdate(pushes[round]);
    Prepared prepared = leader.prepare(update, clock.next(1), System.currentTimeMillis());
    if (!(prepared instanceof Prepared.Effect effect)) {
      throw new IllegalStateException("the push was not taken: " + prepared);
    }
    leader.merge(effect.state());
    return replica.merge(effect.state().encoded(), _ -> Version.NEVER);
  }
}
