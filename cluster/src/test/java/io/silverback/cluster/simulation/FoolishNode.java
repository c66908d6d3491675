package io.silverback.cluster.simulation;

import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.Exposure;
import io.silverback.cluster.Member;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.Wish;
import io.silverback.codec.model.Version;
import java.util.List;
import java.util.function.Consumer;

/** A node that believes to be alone, and shows and takes everything: right as long as it is. */
final class FoolishNode implements SimNode {
  private final Member self;
  private final ClusterPorts ports;
  private final boolean stores;
  private long clock;

  /**
   * Such a node.
   *
   * @param stores false if it only says so
   */
  FoolishNode(Member self, ClusterPorts ports, boolean stores) {
    this.self = self;
    this.ports = ports;
    this.stores = stores;
  }

  @Override
  public void start() {
    ports.membership().start(self);
    ports.viewLog().start(self, _ -> {});
    var seat = new View.Seat(self, true, true, 0);
    ports.viewLog().bootstrap(new View(1, 7, List.of(seat), List.of(), SlotTable.EMPTY));
  }

  @Override
  public void submit(byte[] key, ReplicaStore.Update update, Consumer<PushOutcome> done) {
    ports.loop().execute(() -> done.accept(new PushOutcome.Answered(take(update))));
  }

  private byte[] take(ReplicaStore.Update update) {
    clock++;
    var version = new Version(1, clock, self.incarnation());
    return switch (ports.store().prepare(update, version, ports.clock().wallMillis())) {
      case ReplicaStore.Prepared.Overtaken(long epoch) ->
          throw new SimViolation("one epoch only: epoch=" + epoch);
      case ReplicaStore.Prepared.Settled(byte[] answer) -> answer;
      case ReplicaStore.Prepared.Effect(var state, var claim, byte[] answer) -> {
        if (claim.flatMap(ports.store()::collision).isPresent()) {
          yield ports.store().refusal(update, "collides");
        }
        if (stores) {
          ports.store().merge(state);
        }
        yield answer;
      }
    };
  }

  @Override
  public Exposure exposure() {
    return new Exposure(_ -> true, () -> true, () -> true);
  }

  @Override
  public boolean admits(long acceptedNanos) {
    return true;
  }

  @Override
  public boolean ready() {
    return true;
  }

  @Override
  public void wish(Wish wish) {}

  @Override
  public void scraped() {}

  @Override
  public void close() {}
}
