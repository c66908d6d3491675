package io.silverback.cluster.raft;

import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;

/** Gives a server of Ratis its transport. */
record ExchangeServerFactory(RpcType rpcType, ExchangeRpc rpc) implements ServerFactory {
  @Override
  public RpcType getRpcType() {
    return rpcType;
  }

  @Override
  public RaftServerRpc newRaftServerRpc(RaftServer server) {
    rpc.serve(server);
    return rpc;
  }
}
