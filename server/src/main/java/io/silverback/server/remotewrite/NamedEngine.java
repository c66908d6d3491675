package io.silverback.server.remotewrite;

import io.silverback.server.trust.PassedOnEngine;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** An engine that asks for names of its own, whatever its user sets. All else is another one's. */
final class NamedEngine extends PassedOnEngine {
  private final List<SNIServerName> names;

  NamedEngine(SSLEngine engine, List<SNIServerName> names) {
    super(engine);
    this.names = List.copyOf(names);
  }

  @Override
  public void setSSLParameters(SSLParameters parameters) {
    parameters.setServerNames(names);
    super.setSSLParameters(parameters);
  }
}
