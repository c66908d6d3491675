package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.handler.ClusterInfo.Copy;
import io.silverback.server.handler.ClusterInfo.Gone;
import io.silverback.server.handler.ClusterInfo.Outage;
import io.silverback.server.handler.ClusterInfo.Overview;
import io.silverback.server.handler.ClusterInfo.Peer;
import io.silverback.server.handler.ClusterInfo.Place;
import io.silverback.server.handler.ClusterInfo.Share;
import io.silverback.server.handler.ClusterInfo.Standing;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code /api/v1/cluster}: who the members are and who leads what, for people, and as a list of
 * targets for Prometheus. All of it answers without a lease, too; what changes something is in the
 * {@link ClusterOrdersHandler}.
 */
public final class ClusterHandler {
  static final String OFF =
      "clustering is off here, start the server with --cluster.listen-address";

  private final Supplier<Targets> targets;
  private final Optional<ClusterInfo> cluster;
  private final Optional<ClusterOrders> orders;

  /**
   * What Prometheus should scrape.
   *
   * @param clusterId empty if there is none (yet)
   * @param addresses each as {@code host:port}, in an order that stays
   */
  public record Targets(String clusterId, List<String> addresses) {
    public Targets {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * The endpoints of a node.
   *
   * @param targets asked for each request
   * @param cluster empty on a single node
   * @param orders empty on a single node
   */
  public ClusterHandler(
      Supplier<Targets> targets, Optional<ClusterInfo> cluster, Optional<ClusterOrders> orders) {
    this.targets = targets;
    this.cluster = cluster;
    this.orders = orders;
  }

  /** The endpoints that change something. */
  ClusterOrdersHandler orders(RequestLog log) {
    return new ClusterOrdersHandler(orders, log);
  }

  /** Always 200: Prometheus keeps its last list on anything else, and forgets it at a restart. */
  Endpoint httpSd() {
    return (request, response, _) -> {
      Targets now = targets.get();
      JsonAnswer.sendBare(request, response, out -> writeTargets(now, out));
    };
  }

  Endpoint overview() {
    return (request, response, _) ->
        JsonAnswer.send(
            request,
            response,
            out -> {
              out.writeStartObject();
              out.writeBooleanField("enabled", cluster.isPresent());
              if (cluster.isPresent()) {
                writeOverview(cluster.get().overview(), out);
              }
              out.writeEndObject();
            });
  }

  /** A collector has scraped this node. */
  void scraped() {
    cluster.ifPresent(ClusterInfo::scraped);
  }

  /** What of the cluster is not served, in a sentence; empty if all is, and on a single node. */
  Optional<String> outage() {
    return cluster.flatMap(ClusterInfo::outage);
  }

  Endpoint members() {
    return (request, response, _) ->
        JsonAnswer.send(
            request,
            response,
            out -> {
              out.writeStartArray();
              if (cluster.isPresent()) {
                writePeers(cluster.get().overview().members(), out);
              }
              out.writeEndArray();
            });
  }

  Endpoint ring() {
    return (request, response, _) -> {
      if (cluster.isEmpty()) {
        JsonAnswer.refuse(request, response, OFF);
        return;
      }
      List<Share> shares = cluster.get().shares();
      JsonAnswer.send(request, response, out -> writeShares(shares, out));
    };
  }

  Endpoint status() {
    return (request, response, _) -> {
      if (cluster.isEmpty()) {
        JsonAnswer.refuse(request, response, OFF);
        return;
      }
      Standing standing = cluster.get().standing();
      JsonAnswer.send(request, response, out -> StandingJson.write(standing, out));
    };
  }

  Endpoint owner() {
    return (request, response, _) -> {
      if (cluster.isEmpty()) {
        JsonAnswer.refuse(request, response, OFF);
        return;
      }
      GroupingKey key =
          GroupingKeyParameters.read(QueryParameters.parse(request.query().rawValue()));
      Place place = cluster.get().place(key);
      JsonAnswer.send(request, response, out -> writePlace(key, place, out));
    };
  }

  private static void writeTargets(Targets targets, JsonGenerator out) throws IOException {
    out.writeStartArray();
    out.writeStartObject();
    out.writeArrayFieldStart("targets");
    for (String address : targets.addresses()) {
      out.writeString(address);
    }
    out.writeEndArray();
    out.writeObjectFieldStart("labels");
    if (!targets.clusterId().isEmpty()) {
      out.writeStringField("__meta_silverback_cluster_id", targets.clusterId());
    }
    out.writeEndObject();
    out.writeEndObject();
    out.writeEndArray();
  }

  private static void writeOverview(Overview overview, JsonGenerator out) throws IOException {
    out.writeStringField("node_id", overview.nodeId());
    out.writeStringField("incarnation", overview.incarnation());
    out.writeStringField("cluster_id", overview.clusterId());
    out.writeNumberField("epoch", overview.epoch());
    out.writeBooleanField("ready", overview.whyNotReady().isEmpty());
    out.writeStringField("reason", overview.whyNotReady().orElse(""));
    out.writeNumberField("lease_seconds", overview.leaseSeconds());
    out.writeObjectFieldStart("slots");
    out.writeNumberField("led", overview.ledSlots());
    out.writeNumberField("taking_over", overview.takingOver());
    out.writeNumberField("owned", overview.ownedSlots());
    out.writeNumberField("under_replicated", overview.underReplicated());
    out.writeEndObject();
    writeOutage(overview.outage(), out);
    out.writeArrayFieldStart("members");
    writePeers(overview.members(), out);
    out.writeEndArray();
    out.writeArrayFieldStart("removed");
    for (Gone gone : overview.removed()) {
      out.writeStartObject();
      out.writeStringField("node_id", gone.nodeId());
      out.writeStringField("incarnation", gone.incarnation());
      out.writeStringField("web_address", gone.webAddress());
      out.writeNumberField("epoch", gone.epoch());
      out.writeStringField("removed", gone.removed().toString());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("seen_but_no_members");
    writePeers(overview.unadmitted(), out);
    out.writeEndArray();
  }

  private static void writeOutage(Outage outage, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("outage");
    out.writeNumberField("slots", outage.slots());
    out.writeNumberField("silent_leader", outage.silentLeader());
    out.writeNumberField("no_leader", outage.noLeader());
    out.writeNumberField("taking_over", outage.takingOver());
    out.writeArrayFieldStart("nodes");
    for (String node : outage.nodes()) {
      out.writeString(node);
    }
    out.writeEndArray();
    out.writeNumberField("seconds", outage.seconds());
    out.writeEndObject();
  }

  private static void writePeers(List<Peer> peers, JsonGenerator out) throws IOException {
    for (Peer peer : peers) {
      out.writeStartObject();
      out.writeStringField("node_id", peer.nodeId());
      out.writeStringField("incarnation", peer.incarnation());
      out.writeStringField("peer_address", peer.peerAddress());
      out.writeStringField("web_address", peer.webAddress());
      out.writeStringField("zone", peer.zone());
      out.writeBooleanField("votes", peer.votes());
      out.writeBooleanField("voter_only", peer.voterOnly());
      out.writeBooleanField("may_lead", peer.mayLead());
      out.writeStringField("drain", peer.drain());
      out.writeBooleanField("self", peer.isSelf());
      out.writeBooleanField("seen", peer.isSeen());
      out.writeBooleanField("silent", peer.silentSince().isPresent());
      if (peer.silentSince().isPresent()) {
        out.writeStringField("silent_since", peer.silentSince().get().toString());
      }
      if (peer.clockSkew().isPresent()) {
        out.writeNumberField("clock_skew_seconds", peer.clockSkew().get().aheadSeconds());
        out.writeNumberField("clock_skew_error_seconds", peer.clockSkew().get().errorSeconds());
      }
      if (peer.connectionVersion().isPresent()) {
        out.writeNumberField("connection_version", peer.connectionVersion().getAsInt());
      }
      out.writeEndObject();
    }
  }

  private static void writeShares(List<Share> shares, JsonGenerator out) throws IOException {
    out.writeStartArray();
    for (Share share : shares) {
      out.writeStartObject();
      out.writeStringField("node_id", share.nodeId());
      out.writeNumberField("leads", share.leads());
      out.writeNumberField("should_lead", share.shouldLead());
      out.writeNumberField("owns", share.owns());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writePlace(GroupingKey key, Place place, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart("labels");
    GroupJson.writePairs(key.labels(), out);
    out.writeEndObject();
    out.writeNumberField("slot", place.slot());
    out.writeStringField("leader", place.leader());
    out.writeBooleanField("leader_silent", place.leaderIsSilent());
    out.writeNumberField("epoch", place.epoch());
    out.writeArrayFieldStart("owners");
    for (String owner : place.owners()) {
      out.writeString(owner);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("copies");
    for (Copy copy : place.copies()) {
      out.writeStartObject();
      out.writeStringField("node_id", copy.nodeId());
      out.writeBooleanField("answered", copy.answered());
      out.writeBooleanField("has_group", copy.hasGroup());
      out.writeStringField("version", copy.version());
      out.writeBooleanField("current", copy.isCurrent());
      out.writeNumberField("lag_seconds", copy.lagSeconds());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
