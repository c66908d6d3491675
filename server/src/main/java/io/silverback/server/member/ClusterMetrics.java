package io.silverback.server.member;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.cluster.ClockSkew;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.LogLag;
import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.Outage;
import io.silverback.cluster.View;
import io.silverback.cluster.peer.PeerTraffic;
import io.silverback.cluster.peer.PeerTraffic.ChannelTraffic;
import io.silverback.cluster.peer.Refusal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The metrics of a node about its cluster, {@code silverback_cluster_*}. Thread-safe. */
public final class ClusterMetrics {
  private static final PrometheusProperties DEFAULTS = PrometheusProperties.builder().build();

  private static final ChannelTraffic NOTHING = new ChannelTraffic(0, 0, 0, 0, 0, 0, 0, 0);

  private final PrometheusRegistry registry;
  private volatile Supplier<ClusterStatus> status = ClusterMetrics::beforeTheStart;
  private volatile LongSupplier tombstones = () -> 0;
  private volatile Supplier<PeerTraffic> traffic = () -> new PeerTraffic(Map.of(), 0, 0, Map.of());

  /** Registers all of them, with the values of a node that has not started. */
  public ClusterMetrics(PrometheusRegistry registry) {
    this.registry = registry;
    registerState();
    registerEvents();
    registerTraffic();
  }

  /** From now on shows what these say. */
  void watch(
      Supplier<ClusterStatus> status, LongSupplier tombstones, Supplier<PeerTraffic> traffic) {
    this.status = status;
    this.tombstones = tombstones;
    this.traffic = traffic;
  }

  private void registerState() {
    gauge(
        "members",
        "Members of the newest view that this node knows.",
        now -> now.view().map(view -> view.members().size()).orElse(0));
    gauge(
        "voters",
        "Members of that view whose votes count.",
        now -> now.view().map(view -> view.voters().size()).orElse(0));
    gauge(
        "spare_voters",
        "Voters that may fail, of those that this node hears, until the cluster takes no pushes.",
        ClusterMetrics::spareVoters);
    gauge(
        "view_epoch",
        "Number of that view, 0 before the first.",
        now -> (double) now.view().map(View::epoch).orElse(0L));
    gauge("peers", "Other nodes that gossip believes to live.", now -> now.peers().size());
    gauge("proposer", "Whether this node proposes views.", now -> now.proposes() ? 1 : 0);
    gauge(
        "lease_seconds",
        "How long this node may still lead without hearing from the voters, 0 for not at all.",
        now -> Math.max(0, now.leaseMillis()) / 1e3);
    gauge(
        "fresh",
        "Whether this node takes pushes by itself and shows only those, as it reaches no majority.",
        now -> now.fresh() ? 1 : 0);
    gauge("led_slots", "Slots that this node leads and shows.", ClusterStatus::ledSlots);
    gauge(
        "taking_over_slots",
        "Slots that this node is to lead and does not show yet.",
        ClusterStatus::takingOver);
    gauge(
        "handing_over_slots",
        "Slots that this node leads and another one should lead.",
        ClusterStatus::handingOver);
    gauge(
        "fewest_copies",
        "Complete copies that each slot has at least which this node leads, its own included; 0 if"
            + " it leads none.",
        ClusterStatus::fewestCopies);
    gauge("owned_slots", "Slots that this node should hold.", ClusterStatus::ownedSlots);
    gauge(
        "under_replicated_slots",
        "Slots that this node leads and of which some other owner may not hold all.",
        ClusterStatus::underReplicated);
    gauge(
        "awaiting_history_slots",
        "Slots that this node holds and has yet to fetch older history of.",
        ClusterStatus::awaitingHistory);
    gauge(
        "leftover_slots",
        "Slots that this node should not hold, and of which it has something.",
        ClusterStatus::leftoverSlots);
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_unserved_slots")
        .help("Slots that nobody serves, as far as this node knows, by why.")
        .labelNames("reason")
        .callback(
            gauge -> {
              Outage outage = status.get().outage();
              gauge.call(outage.silentLeader(), "silent_leader");
              gauge.call(outage.noLeader(), "no_leader");
              gauge.call(outage.takingOver(), "taking_over");
            })
        .register(registry);
    gauge(
        "outage_seconds",
        "For how long there has been a slot that nobody serves, 0 without one.",
        now -> now.outage().millis() / 1e3);
    gauge(
        "silent_members",
        "Members that this node has not heard of for longer than a lease.",
        now -> now.silentMillis().size());
    gauge(
        "log_silent_seconds",
        "For how long the log of the views of a voter has not been in touch, the longest of those"
            + " that this node knows about: of all others if it proposes, of itself else.",
        now -> now.logs().values().stream().mapToLong(LogLag::silentMillis).max().orElse(0) / 1e3);
    gauge(
        "log_lag_entries",
        "Agreed entries of that log that a voter has not got, the most of those voters.",
        now -> now.logs().values().stream().mapToLong(LogLag::entries).max().orElse(0));
    gauge(
        "late_logs",
        "Voters whose process lives and whose log has not kept up for longer than two leases, as"
            + " far as this node knows; they do not count as spare.",
        now -> now.logs().values().stream().filter(LogLag::isLate).count());
    gauge(
        "clock_skew_seconds",
        "How far the wall clocks of other members are from that of this node, the farthest of"
            + " them.",
        now ->
            now.clockSkews().values().stream().mapToLong(ClockSkew::apartMillis).max().orElse(0)
                / 1e3);
    gauge(
        "tombstones",
        "Deleted groups that this node remembers, which take the places of groups.",
        _ -> tombstones.getAsLong());
  }

  private void registerEvents() {
    for (ClusterEvent event : ClusterEvent.values()) {
      CounterWithCallback.builder(DEFAULTS)
          .name("silverback_cluster_" + lowerCase(event) + "_total")
          .help(event.description())
          .callback(counter -> counter.call((double) status.get().events().getOrDefault(event, 0L)))
          .register(registry);
    }
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_withheld_seconds_total")
        .help("Time without a lease, since the first one.")
        .callback(counter -> counter.call(status.get().withheldMillis() / 1e3))
        .register(registry);
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_fresh_seconds_total")
        .help("Time in which this node took pushes by itself, as it reached no majority.")
        .callback(counter -> counter.call(status.get().freshMillis() / 1e3))
        .register(registry);
  }

  private void registerTraffic() {
    traffic("sent_messages_total", "Messages written to other nodes.", ChannelTraffic::messagesOut);
    traffic(
        "sent_bytes_total", "Bytes of messages written to other nodes.", ChannelTraffic::bytesOut);
    traffic("received_messages_total", "Messages of other nodes.", ChannelTraffic::messagesIn);
    traffic("received_bytes_total", "Bytes of messages of other nodes.", ChannelTraffic::bytesIn);
    traffic(
        "dropped_messages_total",
        "Messages that were not sent, as the peer was out of reach or did not keep up.",
        ChannelTraffic::dropped);
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_queued_bytes")
        .help("Bytes of messages that wait to be sent to other nodes.")
        .callback(gauge -> gauge.call((double) traffic.get().queuedBytes()))
        .register(registry);
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_connections")
        .help("Open connections to and from other nodes.")
        .labelNames("direction")
        .callback(
            gauge -> {
              var channels = traffic.get().channels().values();
              gauge.call(channels.stream().mapToInt(ChannelTraffic::inbound).sum(), "in");
              gauge.call(channels.stream().mapToInt(ChannelTraffic::outbound).sum(), "out");
            })
        .register(registry);
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_refused_connections_total")
        .help("Connections to the peer port that were ended, by why.")
        .labelNames("reason")
        .callback(
            counter -> {
              Map<Refusal, Long> refused = traffic.get().refused();
              for (Refusal reason : Refusal.values()) {
                counter.call((double) refused.getOrDefault(reason, 0L), lowerCase(reason));
              }
            })
        .register(registry);
  }

  private void gauge(String name, String help, ToDoubleFunction<ClusterStatus> value) {
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_" + name)
        .help(help)
        .callback(gauge -> gauge.call(value.applyAsDouble(status.get())))
        .register(registry);
  }

  private void traffic(String name, String help, ToLongFunction<ChannelTraffic> value) {
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_cluster_" + name)
        .help(help)
        .labelNames("channel")
        .callback(
            counter -> {
              Map<Network.Channel, ChannelTraffic> channels = traffic.get().channels();
              for (Network.Channel channel : Network.Channel.values()) {
                ChannelTraffic through = channels.getOrDefault(channel, NOTHING);
                counter.call((double) value.applyAsLong(through), lowerCase(channel));
              }
            })
        .register(registry);
  }

  private static double spareVoters(ClusterStatus now) {
    return now.view()
        .map(
            view -> {
              long heard =
                  view.voters().stream()
                      .filter(voter -> !now.silentMillis().containsKey(voter))
                      .filter(voter -> !isLate(now.logs().get(voter)))
                      .count();
              return Math.max(0, heard - view.majority());
            })
        .orElse(0L);
  }

  private static boolean isLate(@Nullable LogLag lag) {
    return lag != null && lag.isLate();
  }

  private static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static ClusterStatus beforeTheStart() {
    return new ClusterStatus(
        new Member("", 0, 0, "", "", "", false),
        Optional.empty(),
        List.of(),
        List.of(),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        false,
        new Outage(0, 0, 0, List.of(), 0),
        Map.of(),
        Map.of(),
        Map.of(),
        Map.of(),
        0,
        false,
        0);
  }
}
