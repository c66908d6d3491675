package io.silverback.cluster.simulation;

import io.silverback.cluster.ClusterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The hosts of a simulated cluster and what runs on them. */
final class SimCluster {
  private final SimWorld world;
  private final SimFabric fabric;
  private final SimLogs logs;
  private final ClusterConfig config;
  private final SimNode.Factory factory;
  private final SimJudge judge;
  private final List<SimServer> servers = new ArrayList<>();
  private final List<SimLedger> ledgers = new ArrayList<>();
  private final boolean zoned;

  SimCluster(SimWorld world, ClusterConfig config, SimNode.Factory factory, boolean promises) {
    this.world = world;
    this.fabric = new SimFabric(world);
    this.logs = new SimLogs(world, fabric);
    this.config = config;
    this.factory = factory;
    this.judge = new SimJudge(world, this, promises);
    this.zoned = world.chance(0.2);
  }

  SimFabric fabric() {
    return fabric;
  }

  /** The log that counts. */
  SimRegister register() {
    return logs.newest();
  }

  SimLogs logs() {
    return logs;
  }

  SimJudge judge() {
    return judge;
  }

  ClusterConfig config() {
    return config;
  }

  List<SimLedger> ledgers() {
    return ledgers;
  }

  /** The newest process of each host, dead or alive. */
  List<SimServer> servers() {
    return servers;
  }

  List<SimHost> hosts() {
    return List.copyOf(fabric.hosts());
  }

  SimHost addHost() {
    int number = fabric.hosts().size() + 1;
    var host = new SimHost(world, "n" + number, zoned ? "z" + number % 2 : "");
    fabric.add(host);
    return host;
  }

  Optional<SimServer> server(SimHost host) {
    for (SimServer server : servers) {
      if (server.host() == host) {
        return Optional.of(server);
      }
    }
    return Optional.empty();
  }

  void start(SimHost host) {
    Consumer<SimProcess> stepped = judge::stepped;
    var process = new SimProcess(world, host, host.member(), stepped);
    host.run(process);
    world.trace(() -> "starts " + process);
    var server = new SimServer(world, fabric, logs, process, configOf(host), factory);
    servers.removeIf(before -> before.host() == host);
    servers.add(server);
    server.node().start();
    scrapeSoon(server);
  }

  /** Those that come later never found a cluster of their own. */
  private ClusterConfig configOf(SimHost host) {
    // So few may all have lost their disks, one by one, and would found anew, as they were told to.
    boolean founds =
        hosts().indexOf(host) < config.bootstrapExpect()
            && (config.bootstrapExpect() > 2 || register().newest().isEmpty());
    return founds
        ? config
        : new ClusterConfig(
            9,
            config.replicationFactor(),
            config.lease(),
            config.renewal(),
            config.replicaTimeout(),
            config.pushBudget(),
            config.stability(),
            config.tombstoneAge(),
            config.onMinority(),
            config.maxClockSkew(),
            config.refusedMeansDead());
  }

  private void scrapeSoon(SimServer server) {
    world.in(
        world.between(150, 900) * SimWorld.MILLI,
        () -> {
          if (server.process().alive()) {
            server.process().arrive(() -> judge.scrape(server));
            scrapeSoon(server);
          }
        });
  }

  void acknowledged(SimLedger ledger) {
    judge.acknowledged(ledger);
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    servers.forEach(server -> text.append("  ").append(server).append('\n'));
    ledgers.forEach(
        ledger -> {
          text.append("  ").append(ledger).append(" slot=").append(ledger.slot());
          for (SimServer server : servers) {
            text.append(' ').append(server.host()).append('=');
            text.append(ledger.valuesIn(server.host().store()));
          }
          text.append('\n');
        });
    return text.toString();
  }
}
