package io.silverback.server.web;

import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.Provider;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * An SSL context whose new connections follow the configuration of the moment. For servers only:
 * engines, and sockets laid over accepted ones, come in server mode with all parameters set.
 */
final class FollowingSslContext extends SSLContext {

  private FollowingSslContext(SSLContextSpi spi, Provider provider) {
    super(spi, provider, "TLS");
  }

  /**
   * A context that follows those settings.
   *
   * @param failures is told of each connection that the configuration of the moment refuses
   */
  static SSLContext of(CurrentTls tls, HandshakeFailures failures) {
    return new FollowingSslContext(new Spi(tls, failures), tls.policy().context().getProvider());
  }

  private static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException("not on a server's own context: operation=" + what);
  }

  private static final class Spi extends SSLContextSpi {
    private final CurrentTls tls;
    private final HandshakeFailures failures;

    Spi(CurrentTls tls, HandshakeFailures failures) {
      this.tls = tls;
      this.failures = failures;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      TlsPolicy policy = tls.policy();
      return PolicyEngine.of(policy.context().createSSLEngine(), policy);
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      TlsPolicy policy;
      try {
        policy = tls.policy();
      } catch (ConfigException e) {
        // The web server closes the connection then, and does not say why.
        failures.note(HandshakeFailure.CONFIGURATION, host, port, String.valueOf(e.getMessage()));
        throw e;
      }
      return PolicyEngine.of(policy.context().createSSLEngine(host, port), policy);
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new LayeredSockets(tls);
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return new NoServerSockets(tls);
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return tls.policy().parameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return tls.policy().context().getSupportedSSLParameters();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return tls.policy().context().getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return tls.policy().context().getClientSessionContext();
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random) {
      throw unsupported("init");
    }
  }

  private static final class LayeredSockets extends SSLSocketFactory {
    private final CurrentTls tls;

    LayeredSockets(CurrentTls tls) {
      this.tls = tls;
    }

    @Override
    public Socket createSocket(Socket accepted, InputStream consumed, boolean autoClose)
        throws IOException {
      TlsPolicy policy = tls.policy();
      var factory = policy.context().getSocketFactory();
      return serving(policy, factory.createSocket(accepted, consumed, autoClose));
    }

    @Override
    public Socket createSocket(Socket accepted, String host, int port, boolean autoClose)
        throws IOException {
      TlsPolicy policy = tls.policy();
      var factory = policy.context().getSocketFactory();
      return serving(policy, factory.createSocket(accepted, host, port, autoClose));
    }

    private static SSLSocket serving(TlsPolicy policy, Socket socket) {
      SSLSocket server = (SSLSocket) socket;
      server.setUseClientMode(false);
      server.setSSLParameters(policy.parameters());
      return server;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return tls.policy().parameters().getCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return tls.policy().context().getSocketFactory().getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw unsupported("connect");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      throw unsupported("connect");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw unsupported("connect");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      throw unsupported("connect");
    }
  }

  /** A server socket would keep its first parameters for ever, so there is none. */
  private static final class NoServerSockets extends SSLServerSocketFactory {
    private final CurrentTls tls;

    NoServerSockets(CurrentTls tls) {
      this.tls = tls;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return tls.policy().parameters().getCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return tls.policy().context().getServerSocketFactory().getSupportedCipherSuites();
    }

    @Override
    public ServerSocket createServerSocket(int port) {
      throw unsupported("listen");
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) {
      throw unsupported("listen");
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress local) {
      throw unsupported("listen");
    }
  }
}
