package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.Wish;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Breaks things. Where the cluster has promised to lose nothing, one host at a time, and the next
 * one only when all that was acknowledged is where it should be; otherwise whatever comes.
 *
 * <p>Longer than other classes, as each fault has a few lines.
 */
final class SimFaults {
  private static final long PATIENCE = 150 * SimWorld.SECOND;
  private static final int MOST_HOSTS = 5;
  private static final long YEAR_MILLIS = 365L * 24 * 3_600_000;

  /** After that long all is shown again, whatever one fault was. */
  private static final long DARK_NANOS = 15 * SimWorld.SECOND;

  private final SimWorld world;
  private final SimCluster cluster;
  private final List<Fault> kinds;
  private final boolean gentle;
  private final List<Runnable> heals = new ArrayList<>();
  private long waitingSince;
  private int active;
  private int struck;
  private boolean over;

  /** What can happen to a host. */
  enum Fault {
    CRASH,
    CRASH_WITHOUT_DISK,
    PAUSE,
    SUSPEND,
    STALL,
    ISOLATE,
    DEAF,
    MUTE,
    PAIR,
    WORSE_WIRES,
    FLAP,
    CLOCK,
    LEAVE,
    DRAIN,
    END,
    JOIN,
    SUSPECT,
    STORE,
    FULL,
    KILL_ALL,
    FOUND_ANEW,
    LOSE_ONE_OF_TWO,
    LOSE_BOTH_IN_TURN,
    REJECT_ONE_DOOR,
    REJECT_BOTH_DOORS,
    LOSE_MAJORITY,
    GIVE_UP_LIVING,
    HANG_LOG;

    /** What only two hosts go through. */
    static final Set<Fault> OF_TWO =
        EnumSet.of(LOSE_ONE_OF_TWO, LOSE_BOTH_IN_TURN, REJECT_ONE_DOOR, REJECT_BOTH_DOORS);

    /** What costs pushes, or worse, as documented. */
    static final Set<Fault> OF_OPERATORS = EnumSet.of(LOSE_MAJORITY, GIVE_UP_LIVING);

    /** All that clusters of that many hosts should stand. */
    static Set<Fault> usual(int hosts, boolean hangsLogs) {
      Set<Fault> usual = EnumSet.allOf(Fault.class);
      usual.removeAll(OF_OPERATORS);
      if (hosts != 2) {
        usual.removeAll(OF_TWO);
      }
      if (!hangsLogs) {
        usual.remove(HANG_LOG);
      }
      return usual;
    }
  }

  SimFaults(SimWorld world, SimCluster cluster, Set<Fault> kinds, boolean gentle) {
    this.world = world;
    this.cluster = cluster;
    this.kinds = List.copyOf(kinds);
    this.gentle = gentle;
  }

  void start() {
    waitingSince = world.now();
    world.in(world.between(0, SimWorld.SECOND), this::strike);
  }

  int struck() {
    return struck;
  }

  /** Ends all faults, and starts what is down. */
  void end() {
    over = true;
    List.copyOf(heals).forEach(Runnable::run);
    for (SimHost one : cluster.hosts()) {
      one.store().worsen(0, 0);
      one.store().fill(false);
      for (SimHost other : cluster.hosts()) {
        cluster.fabric().mend(one, other);
      }
      if (one.process().isEmpty()) {
        cluster.start(one);
      }
    }
    cluster.fabric().lose(0);
  }

  private void strike() {
    if (over) {
      return;
    }
    if (!gentle) {
      begin();
      world.in(world.between(300, 6_000) * SimWorld.MILLI, this::strike);
      return;
    }
    if (active == 0) {
      String broken = cluster.judge().brokenYet();
      if (broken.isEmpty()) {
        begin();
        waitingSince = world.now();
      } else if (world.now() - waitingSince > PATIENCE) {
        throw new SimViolation("not whole again: " + broken);
      }
    } else {
      waitingSince = world.now();
    }
    world.in(world.between(50, 400) * SimWorld.MILLI, this::strike);
  }

  private void begin() {
    List<SimServer> up = cluster.servers().stream().filter(SimServer::awake).toList();
    if (up.isEmpty()) {
      return;
    }
    SimServer victim = world.one(up);
    Fault fault = world.one(kinds);
    if (!possible(fault, victim)) {
      return;
    }
    struck++;
    world.trace(() -> "FAULT " + fault + " of " + victim.process());
    cluster.judge().gapsOf(fault.toString());
    apply(fault, victim);
  }

  private boolean possible(Fault fault, SimServer victim) {
    int hosts = cluster.hosts().size();
    return switch (fault) {
      case CRASH_WITHOUT_DISK -> survivesLossOf(victim.host());
      // Of four, two might be up for so long that they go on without what the others have.
      case KILL_ALL -> !gentle || hosts <= 3;
      case FOUND_ANEW -> hosts <= 3 && hosts == cluster.config().bootstrapExpect();
      case JOIN -> hosts < MOST_HOSTS;
      case FULL -> gentle && hosts > 2;
      case ISOLATE, DEAF, MUTE, PAIR, WORSE_WIRES, FLAP, LEAVE, DRAIN, END, SUSPECT -> hosts > 1;
      case LOSE_ONE_OF_TWO, LOSE_BOTH_IN_TURN, REJECT_ONE_DOOR, REJECT_BOTH_DOORS ->
          gentle && isPair();
      case LOSE_MAJORITY, GIVE_UP_LIVING -> hosts > 2;
      case CRASH, PAUSE, SUSPEND, STALL, CLOCK, STORE, HANG_LOG -> true;
    };
  }

  /** True if the voters that keep their disks are a majority without that host. */
  private boolean survivesLossOf(SimHost victim) {
    List<Long> ofView =
        cluster.register().newest().map(View::voters).orElse(List.of()).stream()
            .map(Member::storeId)
            .toList();
    // The list of the log may be behind that of the view.
    return survivesLossOf(victim, cluster.register().voters()) && survivesLossOf(victim, ofView);
  }

  private boolean survivesLossOf(SimHost victim, List<Long> voters) {
    long left =
        cluster.hosts().stream()
            .filter(host -> host != victim && voters.contains(host.storeId()))
            .count();
    return voters.size() > 2 && 2 * left > voters.size();
  }

  private void apply(Fault fault, SimServer victim) {
    SimHost host = victim.host();
    switch (fault) {
      case CRASH -> crash(victim, false, between(200, 15_000));
      case CRASH_WITHOUT_DISK -> crash(victim, true, between(200, 15_000));
      case PAUSE -> pause(victim, false);
      case SUSPEND -> pause(victim, true);
      case STALL -> {
        long nanos = between(300, 6_000);
        if (world.chance(0.5)) {
          victim.process().stallAt((int) world.between(1, 60), nanos);
        } else {
          victim.process().stallInPush(nanos);
        }
        whileBroken(6 * SimWorld.SECOND, () -> {});
      }
      case ISOLATE -> cut(others(host), List.of(host), true, true);
      case DEAF -> cut(others(host), List.of(host), true, false);
      case MUTE -> cut(others(host), List.of(host), false, true);
      case PAIR -> {
        boolean in = world.chance(0.6);
        cut(List.of(world.one(others(host))), List.of(host), in, !in || world.chance(0.5));
      }
      case WORSE_WIRES -> worsen(host);
      case FLAP -> flap(host, (int) world.between(2, 6));
      case CLOCK -> {
        // A machine that sleeps while its clock is set back knows of neither.
        if (gentle && world.chance(0.2)) {
          host.stepWall(YEAR_MILLIS);
          whileBroken(between(1_000, 8_000), () -> host.stepWall(-YEAR_MILLIS));
        } else {
          host.stepWall(world.between(-3_600_000, 3_600_000) / world.between(1, 1_000));
          whileBroken(3 * SimWorld.SECOND, () -> {});
        }
      }
      case LEAVE -> leave(victim);
      case DRAIN -> drain(victim);
      case END -> end(victim);
      case JOIN -> {
        cluster.start(cluster.addHost());
        whileBroken(SimWorld.SECOND, () -> {});
      }
      case SUSPECT -> {
        long nanos = between(1_000, 6_000);
        cluster
            .servers()
            .forEach(server -> server.membership().suspect(victim.process().member(), nanos));
        whileBroken(nanos, () -> {});
      }
      case STORE -> {
        host.store().worsen(0.2, world.chance(0.5) ? 0.1 : 0);
        whileBroken(between(1_000, 8_000), () -> host.store().worsen(0, 0));
      }
      case FULL -> fullBesideACrash(victim);
      case HANG_LOG -> {
        host.hangLog(true);
        whileBroken(between(1_000, 30_000), () -> host.hangLog(false));
      }
      case KILL_ALL -> killAll();
      case FOUND_ANEW -> foundAnew();
      case LOSE_ONE_OF_TWO -> loseOneOfTwo(victim);
      case LOSE_BOTH_IN_TURN -> loseBothInTurn(victim);
      case REJECT_ONE_DOOR -> rejectOneDoor(host);
      case REJECT_BOTH_DOORS -> rejectBothDoors(host);
      case LOSE_MAJORITY -> loseMajority(victim, true);
      case GIVE_UP_LIVING -> loseMajority(victim, false);
    }
  }

  /** True if two hosts vote, and both are there. */
  private boolean isPair() {
    return cluster.hosts().size() == 2
        && cluster.register().voters().size() == 2
        && cluster.register().newest().filter(view -> view.voters().size() == 2).isPresent()
        && cluster.servers().stream().allMatch(SimServer::awake);
  }

  /** It comes back with its disk or without; or the host falls silent, and nobody may decide. */
  private void loseOneOfTwo(SimServer victim) {
    boolean disk = world.chance(0.5);
    victim.host().fallSilent(!disk && world.chance(0.2));
    crash(victim, disk, between(200, world.chance(0.5) ? 3_000 : 40_000));
  }

  /** The other one goes on alone and is lost, and what comes first has an old disk. */
  private void loseBothInTurn(SimServer victim) {
    victim.host().fallSilent(false);
    victim.kill();
    SimHost other = others(victim.host()).getFirst();
    other.fallSilent(false);
    long first = between(8_000, 15_000);
    long second = first + between(100, 12_000);
    world.in(
        first,
        () -> {
          if (!over) {
            cluster.server(other).ifPresent(SimServer::kill);
            world.in(between(0, 500), () -> startAgain(victim.host()));
          }
        });
    whileBroken(
        second,
        () -> {
          startAgain(victim.host());
          startAgain(other);
        });
  }

  /** A rule of a firewall, in both directions; nothing else gets through either. */
  private void rejectOneDoor(SimHost host) {
    String port = world.one(List.of(":80", ":9"));
    SimHost other = others(host).getFirst();
    cut(List.of(other), List.of(host), true, true);
    reject(host, other, Set.of(port));
  }

  /**
   * A firewall turns away all new connections, while those that are open go on; then nothing gets
   * through, and it turns connections away only for less than a lease at a time.
   */
  private void rejectBothDoors(SimHost host) {
    SimHost other = others(host).getFirst();
    long open = between(3_000, 6_000);
    rejectFor(open + shortOfALease(), host, other);
    whileBroken(
        open,
        () -> {
          if (over) {
            return;
          }
          cut(List.of(other), List.of(host), true, true);
          whileBroken(between(3_000, 7_000), () -> rejectFor(shortOfALease(), host, other));
        });
  }

  private void rejectFor(long nanos, SimHost host, SimHost other) {
    if (!over) {
      reject(host, other, Set.of(":80", ":9"));
      whileBroken(nanos, () -> reject(host, other, Set.of()));
    }
  }

  private long shortOfALease() {
    return world.between(0, cluster.config().lease().toNanos() / 10 * 9);
  }

  private void reject(SimHost one, SimHost other, Set<String> ports) {
    cluster.fabric().reject(one, other, ports);
    cluster.fabric().reject(other, one, ports);
  }

  /**
   * Most are lost, for good as far as the operator knows, who gives them up on one that is left.
   */
  private void loseMajority(SimServer survivor, boolean isTrue) {
    int hosts = cluster.hosts().size();
    List<SimHost> gone = others(survivor.host()).subList(0, hosts / 2 + hosts % 2);
    if (isTrue) {
      for (SimHost host : gone) {
        cluster.server(host).ifPresent(SimServer::kill);
        if (world.chance(0.5)) {
          host.loseDisk();
          cluster.judge().diskLost();
        }
        whileBroken(between(20_000, 40_000), () -> startAgain(host));
      }
    } else {
      cluster.judge().forgiveDoubles();
      for (SimHost host : gone) {
        for (SimHost one : cluster.hosts()) {
          if (!gone.contains(one)) {
            cluster.fabric().cut(one, host);
            cluster.fabric().cut(host, one);
          }
        }
      }
      whileBroken(
          between(20_000, 40_000),
          () ->
              cluster
                  .hosts()
                  .forEach(one -> gone.forEach(host -> mend(List.of(one), List.of(host)))));
    }
    world.in(between(3_000, 6_000), () -> giveUp(survivor, gone, 10));
  }

  private void giveUp(SimServer survivor, List<SimHost> gone, int times) {
    if (over || times == 0 || !survivor.awake()) {
      return;
    }
    gone.forEach(host -> survivor.node().giveUp(host.name()));
    world.in(5 * SimWorld.SECOND, () -> giveUp(survivor, gone, times - 1));
  }

  private void crash(SimServer victim, boolean disk, long downNanos) {
    victim.kill();
    if (disk) {
      victim.host().loseDisk();
      cluster.judge().diskLost();
    }
    whileBroken(downNanos, () -> startAgain(victim.host()));
  }

  private void startAgain(SimHost host) {
    if (host.process().isEmpty()) {
      cluster.start(host);
    }
  }

  private void pause(SimServer victim, boolean suspended) {
    long nanos =
        world.one(List.of(500L, 1_900L, 2_300L, 3_000L, 10_000L, 15_000L)) * SimWorld.MILLI;
    victim.process().pause(nanos, suspended);
    whileBroken(nanos, () -> {});
  }

  private void leave(SimServer victim) {
    victim.leave();
    whileBroken(
        between(2_000, 20_000),
        () -> {
          if (victim.process().alive()) {
            victim.kill();
          }
          startAgain(victim.host());
        });
    world.in(
        between(1_000, 6_000),
        () -> {
          if (victim.process().alive()) {
            victim.kill();
          }
        });
  }

  /** An operator drains it, and changes his mind. */
  private void drain(SimServer victim) {
    View.Drain drain = world.one(List.of(View.Drain.LEADERSHIP, View.Drain.ALL));
    wish(new Wish.Drain(victim.host().name(), drain));
    whileBroken(
        between(500, 15_000), () -> wish(new Wish.Drain(victim.host().name(), View.Drain.NONE)));
  }

  /** As a process ends that is told to: it hands over what it leads, or has no time for it. */
  private void end(SimServer victim) {
    wish(new Wish.Drain(victim.host().name(), View.Drain.LEADERSHIP));
    world.in(
        between(50, 3_000),
        () -> {
          if (victim.process().alive() && !over) {
            leave(victim);
          }
        });
    whileBroken(between(3_000, 4_000), () -> {});
  }

  /** Through any server, again and again until the view shows it. */
  private void wish(Wish.Drain wish) {
    wish(wish, 40);
  }

  private void wish(Wish.Drain wish, int times) {
    List<SimServer> up = cluster.servers().stream().filter(SimServer::awake).toList();
    boolean isGranted =
        cluster.register().newest().map(View::seats).orElse(List.of()).stream()
            .filter(seat -> seat.member().nodeId().equals(wish.nodeId()))
            .allMatch(seat -> seat.drain() == wish.drain());
    if (times > 0 && !up.isEmpty() && !isGranted) {
      world.one(up).node().wish(wish);
      world.in(500 * SimWorld.MILLI, () -> wish(wish, times - 1));
    }
  }

  /** What one host cannot store, another one shows. */
  private void fullBesideACrash(SimServer victim) {
    SimHost full = world.one(others(victim.host()));
    full.store().fill(true);
    long nanos = between(20_000, 40_000);
    cluster.judge().allShownBetween(world.now() + DARK_NANOS, world.now() + nanos);
    whileBroken(nanos, () -> full.store().fill(false));
    crash(victim, false, nanos);
  }

  private void killAll() {
    for (SimServer server : List.copyOf(cluster.servers())) {
      world.in(
          between(0, 100),
          () -> {
            if (over) {
              return;
            }
            Optional<SimServer> now = cluster.server(server.host());
            now.ifPresent(SimServer::kill);
            whileBroken(between(200, 5_000), () -> startAgain(server.host()));
          });
    }
    whileBroken(between(200, 300), () -> {});
  }

  /** As the documentation says for a majority that is lost for good; the stores stay. */
  private void foundAnew() {
    for (SimServer server : List.copyOf(cluster.servers())) {
      if (server.process().alive()) {
        server.kill();
      }
      server.host().loseLog();
      whileBroken(between(200, 3_000), () -> startAgain(server.host()));
    }
    cluster.logs().forget();
  }

  private List<SimHost> others(SimHost host) {
    return cluster.hosts().stream().filter(other -> other != host).toList();
  }

  private void cut(List<SimHost> some, List<SimHost> others, boolean in, boolean out) {
    for (SimHost one : some) {
      for (SimHost other : others) {
        if (in) {
          cluster.fabric().cut(one, other);
        }
        if (out) {
          cluster.fabric().cut(other, one);
        }
      }
    }
    whileBroken(between(500, 20_000), () -> mend(some, others));
  }

  private void mend(List<SimHost> some, List<SimHost> others) {
    for (SimHost one : some) {
      for (SimHost other : others) {
        cluster.fabric().mend(one, other);
        cluster.fabric().mend(other, one);
      }
    }
  }

  private void worsen(SimHost host) {
    double loss = world.between(0, 50) / 100.0;
    long extra = between(0, 500);
    for (SimHost other : others(host)) {
      cluster.fabric().worsen(host, other, loss, extra);
      cluster.fabric().worsen(other, host, loss, extra);
    }
    whileBroken(between(1_000, 12_000), () -> mend(others(host), List.of(host)));
  }

  private void flap(SimHost host, int times) {
    List<SimHost> others = others(host);
    for (SimHost other : others) {
      cluster.fabric().cut(host, other);
      cluster.fabric().cut(other, host);
    }
    whileBroken(
        between(100, 3_000),
        () -> {
          mend(others, List.of(host));
          if (times > 1 && !over) {
            whileBroken(between(100, 2_000), () -> flap(host, times - 1));
          }
        });
  }

  private long between(long firstMillis, long lastMillis) {
    return world.between(firstMillis * SimWorld.MILLI, lastMillis * SimWorld.MILLI);
  }

  /** Something stays broken for that long, or until all faults end. */
  private void whileBroken(long nanos, Runnable heal) {
    active++;
    var once = new boolean[1];
    Runnable all =
        () -> {
          if (!once[0]) {
            once[0] = true;
            active--;
            heal.run();
          }
        };
    heals.add(all);
    world.in(
        nanos,
        () -> {
          heals.remove(all);
          if (!over) {
            all.run();
          }
        });
  }
}
