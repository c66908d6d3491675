package io.silverback.cluster.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Node {@code a} leads slots 0 and 2, each since another view, and node {@code b} slot 1. */
final class WipeTest {
  private final Member self = TestViews.member("a", 1, 1);
  private final Member other = TestViews.member("b", 2, 2);
  private final HandPorts world = new HandPorts();
  private final ClusterPorts ports = world.ports();
  private final Led led = new Led(self, () -> 0);
  private final View view = view();

  private View view() {
    SlotTable slots =
        SlotTable.EMPTY
            .with(1, slot -> slot == 0 ? Optional.of(self) : Optional.empty())
            .with(1, slot -> slot == 1 ? Optional.of(other) : Optional.empty())
            .with(2, slot -> slot == 2 ? Optional.of(self) : Optional.empty());
    View none = TestViews.view(2, 7, List.of(self));
    return new View(2, 7, none.seats(), List.of(), slots);
  }

  /** Each epoch is that of its own slot, also after a slot that is not led here. */
  @Test
  void whatIsLedFromTheNamedViewsOnIsWiped() {
    assertEquals(slots(0, 2), wiped(List.of(1L, 1L, 2L)));
    assertEquals(slots(0), wiped(List.of(1L, 1L, 1L)));
    assertEquals(slots(2), wiped(List.of(2L, 1L, 2L)));
    assertEquals(slots(0), wiped(List.of(1L)));
  }

  private BitSet wiped(List<Long> epochs) {
    led.enter(view);
    led.takeOver(led.pending());
    var requests = new Requests(world.time, (_, _) -> false);
    var wipe =
        new Wipe(
            ClusterConfig.standard(1),
            self,
            ports,
            requests,
            led,
            new WaitingPushes(world.time, world.time),
            new EpochFloor(),
            () -> () -> true,
            _ -> new BitSet(),
            _ -> {},
            EnumSet.noneOf(Rule.class));
    var outcomes = new ArrayList<Wipe.Outcome>();
    wipe.begin(view, slots(0, 1, 2), epochs, world.time.nanoTime() + 1_000_000_000L, outcomes::add);
    world.time.settle();
    assertEquals(1, outcomes.size());
    assertEquals(true, led.takesUpdates(0) && led.takesUpdates(2), "held for ever");
    return outcomes.getFirst().slots();
  }

  private static BitSet slots(int... some) {
    var slots = new BitSet();
    for (int slot : some) {
      slots.set(slot);
    }
    return slots;
  }
}
