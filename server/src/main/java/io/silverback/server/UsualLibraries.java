package io.silverback.server;

import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.ViewLog;
import java.nio.file.Path;

/** Gossip by ScaleCube, and a log by Ratis. */
final class UsualLibraries implements ClusterLibraries {
  @Override
  public Membership membership(ClusterSettings settings, Network network) {
    throw new UnsupportedOperationException(settings + " " + network);
  }

  @Override
  public ViewLog viewLog(ClusterSettings settings, Path folder, Network network) {
    throw new UnsupportedOperationException(settings + " " + folder + network);
  }
}
