package io.silverback.server.web;

import io.silverback.server.trust.PassedOnEngine;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * A server engine whose protocols, cipher suites, curves and client authentication are settled.
 *
 * <p>HTTP servers set the parameters of each engine to those of their own start. Here that chooses
 * the application protocols and nothing else, so that the file decides who may connect.
 */
final class PolicyEngine extends PassedOnEngine {
  private final boolean verifiesClients;

  private PolicyEngine(SSLEngine engine, boolean verifiesClients) {
    super(engine);
    this.verifiesClients = verifiesClients;
  }

  /** A new engine of that context. */
  static SSLEngine of(SSLEngine engine, TlsPolicy policy) {
    engine.setUseClientMode(false);
    engine.setSSLParameters(policy.parameters());
    return new PolicyEngine(engine, policy.verifiesClients());
  }

  /** True if a client CA vouches for each certificate that a client got through with. */
  boolean verifiesClients() {
    return verifiesClients;
  }

  @Override
  public void setSSLParameters(SSLParameters wanted) {
    String[] applicationProtocols = wanted.getApplicationProtocols();
    if (applicationProtocols != null) {
      SSLParameters settled = getSSLParameters();
      settled.setApplicationProtocols(applicationProtocols);
      super.setSSLParameters(settled);
    }
  }

  /** Does nothing: the file decides. */
  @Override
  public void setEnabledCipherSuites(String[] suites) {}

  /** Does nothing: the file decides. */
  @Override
  public void setEnabledProtocols(String[] protocols) {}

  /** Does nothing: the file decides. */
  @Override
  public void setNeedClientAuth(boolean need) {}

  /** Does nothing: the file decides. */
  @Override
  public void setWantClientAuth(boolean want) {}

  @Override
  public void setUseClientMode(boolean mode) {
    if (mode) {
      throw new IllegalArgumentException("this engine serves: useClientMode=true");
    }
  }
}
