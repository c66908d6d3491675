package io.silverback.cluster.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.rpc.RpcType;

/** The name by which Ratis finds our transport: it makes one itself, of this class. */
final class ExchangeRpcType implements RpcType {
  private static final String RPC = "silverback.rpc";

  /** What a server has to be given so that it finds the transport. */
  static Parameters parameters(ExchangeRpc rpc) {
    var parameters = new Parameters();
    parameters.put(RPC, rpc, ExchangeRpc.class);
    return parameters;
  }

  @Override
  public String name() {
    return ExchangeRpcType.class.getName();
  }

  @Override
  public ExchangeServerFactory newFactory(Parameters parameters) {
    return new ExchangeServerFactory(this, parameters.getNonNull(RPC, ExchangeRpc.class));
  }
}
