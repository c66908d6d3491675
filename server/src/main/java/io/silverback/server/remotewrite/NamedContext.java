package io.silverback.server.remotewrite;

import io.silverback.server.trust.PassedOnEngine;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Asks each server for one name and wants it in the certificate, whatever the address. The client
 * of the JDK knows no way to say so, and takes the name from the address.
 */
final class NamedContext extends SSLContextSpi {
  private final SSLContext context;
  private final String name;

  private NamedContext(SSLContext context, String name) {
    this.context = context;
    this.name = name;
  }

  /** The same context for servers of that name. */
  static SSLContext of(SSLContext context, String name) {
    return new Context(new NamedContext(context, name), context);
  }

  private static final class Context extends SSLContext {
    Context(SSLContextSpi spi, SSLContext context) {
      super(spi, context.getProvider(), context.getProtocol());
    }
  }

  /** An engine that asks for names of its own, whatever its user sets. */
  private static final class Engine extends PassedOnEngine {
    private final List<SNIServerName> names;

    Engine(SSLEngine engine, List<SNIServerName> names) {
      super(engine);
      this.names = List.copyOf(names);
    }

    @Override
    public void setSSLParameters(SSLParameters parameters) {
      parameters.setServerNames(names);
      super.setSSLParameters(parameters);
    }
  }

  /** Of a name that is an address, no server is asked by it. */
  private List<SNIServerName> names() {
    try {
      return Character.isDigit(name.charAt(name.length() - 1)) || name.contains(":")
          ? List.of()
          : List.of(new SNIHostName(name));
    } catch (IllegalArgumentException _) {
      return List.of();
    }
  }

  @Override
  protected SSLEngine engineCreateSSLEngine(@Nullable String host, int port) {
    return new Engine(context.createSSLEngine(name, port), names());
  }

  @Override
  protected SSLEngine engineCreateSSLEngine() {
    return engineCreateSSLEngine(name, -1);
  }

  @Override
  protected SSLParameters engineGetDefaultSSLParameters() {
    return context.getDefaultSSLParameters();
  }

  @Override
  protected SSLParameters engineGetSupportedSSLParameters() {
    return context.getSupportedSSLParameters();
  }

  @Override
  protected void engineInit(
      KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random)
      throws KeyManagementException {
    throw new UnsupportedOperationException();
  }

  @Override
  protected SSLSocketFactory engineGetSocketFactory() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected SSLServerSocketFactory engineGetServerSocketFactory() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected SSLSessionContext engineGetServerSessionContext() {
    return context.getServerSessionContext();
  }

  @Override
  protected SSLSessionContext engineGetClientSessionContext() {
    return context.getClientSessionContext();
  }
}
