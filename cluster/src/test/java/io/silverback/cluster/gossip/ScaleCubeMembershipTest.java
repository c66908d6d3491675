package io.silverback.cluster.gossip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.simulation.MemoryFabric;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ScaleCubeMembershipTest {
  private static final long SECONDS = 1_000_000_000L;
  private static final GossipConfig SETTINGS =
      new GossipConfig(
          Duration.ofMillis(250),
          Duration.ofMillis(150),
          2,
          Duration.ofMillis(50),
          Duration.ofMillis(500),
          Duration.ofMillis(200),
          Duration.ofSeconds(1),
          16);

  private final MemoryFabric fabric = new MemoryFabric(1);
  private final List<ScaleCubeMembership> started = new ArrayList<>();
  private final Member a = TestViews.member("a", 1, 11);
  private final Member b = TestViews.member("b", 2, 12);
  private final Member c = TestViews.member("c", 3, 13);

  @AfterEach
  void stop() {
    started.parallelStream().forEach(ScaleCubeMembership::close);
    fabric.close();
  }

  @Test
  void nodesSeeOneAnotherUntilOneIsSilentAndAgainWhenItComesBack() {
    List<String> seeds = List.of("a:9095", "b:9095", "c:9095");
    ScaleCubeMembership first = start(a, seeds, Resolver.system());
    ScaleCubeMembership second = start(b, seeds, Resolver.system());
    ScaleCubeMembership third = start(c, seeds, Resolver.system());
    await("all see all", () -> sees(first, b, c) && sees(second, a, c) && sees(third, a, b));
    fabric.silence("c:9095");
    await("c is gone", () -> sees(first, b) && sees(second, a) && sees(third));
    fabric.hear("c:9095");
    await("c is back", () -> sees(first, b, c) && sees(second, a, c) && sees(third, a, b));
  }

  @Test
  void whoLeavesIsGoneAtOnceAndItsNextStartIsAnotherPeer() {
    ScaleCubeMembership first = start(a, List.of("b:9095"), Resolver.system());
    ScaleCubeMembership second = start(b, List.of(), Resolver.system());
    await("both see both", () -> sees(first, b) && sees(second, a));
    second.close();
    await("b left", () -> sees(first));
    Member again = TestViews.member("b", 22, 12);
    ScaleCubeMembership third = start(again, List.of("a:9095"), Resolver.system());
    await("b is another", () -> sees(first, again) && sees(third, a));
  }

  @Test
  void namesStandForAllTheirAddressesAsTheyAreNow() {
    var addresses = new CopyOnWriteArrayList<String>();
    Resolver resolver =
        name -> {
          if (!name.equals("nodes.test") || addresses.isEmpty()) {
            throw new UnknownHostException(name);
          }
          return addresses;
        };
    List<String> seeds = List.of("dns+nodes.test:9095");
    ScaleCubeMembership first = start(a, seeds, resolver);
    ScaleCubeMembership second = start(b, List.of(), resolver);
    ScaleCubeMembership third = start(c, List.of(), resolver);
    assertEquals(List.of(), first.peers());
    await("the name is in trouble", () -> first.troubles().size() == 1);
    assertEquals("nodes.test", first.troubles().getFirst().address());
    addresses.addAll(List.of("a", "nobody", "b", "c"));
    await("all see all", () -> sees(first, b, c) && sees(second, a, c) && sees(third, a, b));
    await("the name has an address", () -> first.troubles().isEmpty());
  }

  @Test
  void strayBytesChangeNothing() {
    ScaleCubeMembership first = start(a, List.of("b:9095"), Resolver.system());
    ScaleCubeMembership second = start(b, List.of(), Resolver.system());
    Network stranger = fabric.node(c);
    stranger.send("a:9095", Network.Channel.GOSSIP, new byte[0]);
    stranger.send("a:9095", Network.Channel.GOSSIP, new byte[] {1, 2, 3});
    await("both see both", () -> sees(first, b) && sees(second, a));
  }

  @Test
  void seedsAreRefusedThatNameNoPort() {
    for (String seed : List.of("a", "a:", ":1", "a:0", "a:65536", "dns+:1", "dns+a", "a:x")) {
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> new Seeds(List.of(seed), "a:1", Resolver.system()))
                  .getMessage());
      assertTrue(message.endsWith("seed=" + seed), message);
    }
  }

  @Test
  void oneSeedAfterTheOtherIsAsked() {
    var seeds = new Seeds(List.of("a:1", "b:1", "self:1", "a:1"), "self:1", Resolver.system());
    assertEquals(List.of(), seeds.one());
    seeds.resolve();
    assertEquals(List.of("a:1", "b:1"), seeds.all());
    assertEquals(List.of("a:1"), seeds.one());
    assertEquals(List.of("b:1"), seeds.one());
    assertEquals(List.of("a:1"), seeds.one());
  }

  private ScaleCubeMembership start(Member self, List<String> seeds, Resolver resolver) {
    var membership = new ScaleCubeMembership(fabric.node(self), seeds, SETTINGS, resolver);
    started.add(membership);
    membership.start(self);
    return membership;
  }

  private static boolean sees(ScaleCubeMembership membership, Member... members) {
    return membership.peers().stream()
        .sorted(Comparator.comparing(Member::nodeId))
        .toList()
        .equals(List.of(members));
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + 15 * SECONDS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        fail("did not happen: " + what);
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }
  }
}
