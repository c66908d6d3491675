package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.Membership;
import io.silverback.cluster.Trouble;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What gossip tells one process: follows who can be reached, directly or through a third, and is
 * late. A process that stood still believes in nobody when it wakes.
 */
final class SimMembership implements Membership {
  private static final long PROBE = 300 * SimWorld.MILLI;

  private final SimWorld world;
  private final SimFabric fabric;
  private final SimProcess process;
  private final Map<Member, Long> heard = new LinkedHashMap<>();
  private final Map<Member, Long> suspectUntil = new LinkedHashMap<>();
  private final long suspicionNanos;
  private boolean started;

  SimMembership(SimWorld world, SimFabric fabric, SimProcess process) {
    this.world = world;
    this.fabric = fabric;
    this.process = process;
    this.suspicionNanos = world.between(1_500 * SimWorld.MILLI, 3_500 * SimWorld.MILLI);
  }

  @Override
  public void start(Member self) {
    started = true;
    world.in(world.between(SimWorld.MILLI, 500 * SimWorld.MILLI), this::probe);
  }

  private void probe() {
    if (!process.alive() || !started) {
      return;
    }
    if (!process.paused()) {
      for (SimHost host : fabric.hosts()) {
        host.awake()
            .filter(other -> other != process && gossips(host))
            .ifPresent(other -> heard.put(other.member(), world.now()));
      }
    }
    world.in(world.between(PROBE / 2, PROBE), this::probe);
  }

  private boolean gossips(SimHost to) {
    return fabric.hosts().stream()
        .filter(by -> by.awake().isPresent())
        .anyMatch(by -> fabric.talks(process.host(), by) && fabric.talks(by, to));
  }

  /** Believes for that long that a peer is dead, wrongly. */
  void suspect(Member peer, long nanos) {
    suspectUntil.put(peer, world.now() + nanos);
  }

  @Override
  public List<Member> peers() {
    var peers = new ArrayList<Member>();
    heard.forEach(
        (member, at) -> {
          boolean suspected = suspectUntil.getOrDefault(member, 0L) > world.now();
          if (started && !suspected && world.now() - at < suspicionNanos) {
            peers.add(member);
          }
        });
    return peers;
  }

  @Override
  public List<Trouble> troubles() {
    return List.of();
  }

  @Override
  public void close() {
    started = false;
  }
}
