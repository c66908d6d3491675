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
  private PolicyEngine(SSLEngine engine) {
    super(engine);
  }

  /** Takes over the engine and the parameters. */
  static SSLEngine of(SSLEngine engine, SSLParameters parameters) {
    engine.setUseClientMode(false);
    engine.setSSLParameters(parameters);
    return new PolicyEngine(engine);
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
