package io.silverback.cluster.simulation;

import io.silverback.cluster.View;
import java.util.TreeMap;

/** The logs of all generations of a cluster: a host keeps one at a time, and goes back to none. */
final class SimLogs {
  private final SimWorld world;
  private final SimFabric fabric;
  private final TreeMap<Long, SimRegister> registers = new TreeMap<>();

  SimLogs(SimWorld world, SimFabric fabric) {
    this.world = world;
    this.fabric = fabric;
    registers.put(0L, new SimRegister(world, fabric));
  }

  SimRegister of(long generation) {
    return registers.computeIfAbsent(generation, _ -> new SimRegister(world, fabric));
  }

  /** That of the latest generation in which anything was agreed on. */
  SimRegister newest() {
    return registers.descendingMap().values().stream()
        .filter(register -> register.newest().isPresent())
        .findFirst()
        .orElse(of(0));
  }

  /** How often a cluster was founded again. */
  int refoundings() {
    return (int)
            registers.values().stream().filter(register -> register.newest().isPresent()).count()
        - 1;
  }

  void begin(SimViewLog by, View first) {
    by.host().enter(first.generation());
    by.host().vote();
    of(first.generation()).begin(by, first);
  }

  /** All files of the logs are gone, and nobody runs who knows them. */
  void forget() {
    registers.keySet().removeIf(generation -> generation != 0);
    of(0).forget();
  }
}
