package io.silverback.server.member;

import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.gossip.GossipConfig;
import io.silverback.cluster.gossip.ScaleCubeMembership;
import io.silverback.cluster.raft.RatisConfig;
import io.silverback.cluster.raft.RatisViewLog;
import io.silverback.server.flags.MemberConfig;
import java.nio.file.Path;

/** Makes the two ports that are libraries; a test has others. */
public interface ClusterLibraries {

  /** Neither started nor closed by this factory. */
  Membership membership(MemberConfig settings, Network network);

  /**
   * Neither started nor closed by this factory.
   *
   * @param folder for its files, which is there
   */
  ViewLog viewLog(MemberConfig settings, Path folder, Network network);

  /** Gossip by ScaleCube, and a log by Ratis. */
  record Usual() implements ClusterLibraries {
    @Override
    public Membership membership(MemberConfig settings, Network network) {
      return new ScaleCubeMembership(network, settings.join(), GossipConfig.standard());
    }

    @Override
    public ViewLog viewLog(MemberConfig settings, Path folder, Network network) {
      return new RatisViewLog(network, folder, RatisConfig.standard());
    }
  }
}
