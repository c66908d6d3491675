package io.silverback.server.member;

import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.gossip.GossipSettings;
import io.silverback.cluster.gossip.ScaleCubeMembership;
import io.silverback.cluster.raft.RatisSettings;
import io.silverback.cluster.raft.RatisViewLog;
import io.silverback.server.flags.ClusterSettings;
import java.nio.file.Path;

/** Gossip by ScaleCube, and a log by Ratis. */
public final class UsualLibraries implements ClusterLibraries {
  @Override
  public Membership membership(ClusterSettings settings, Network network) {
    return new ScaleCubeMembership(network, settings.join(), GossipSettings.standard());
  }

  @Override
  public ViewLog viewLog(ClusterSettings settings, Path folder, Network network) {
    return new RatisViewLog(network, folder, RatisSettings.standard());
  }
}
