package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.server.trust.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A client that trusts every server, may show a certificate, and shakes hands in two ways. */
public final class TlsClient {
  private static final int TIMEOUT_MILLIS = 10_000;

  private final SSLContext context;
  private final SSLParameters parameters = new SSLParameters();

  private TlsClient(SSLContext context) {
    this.context = context;
  }

  private TlsClient(KeyManager[] keys) throws GeneralSecurityException {
    context = SSLContext.getInstance("TLS");
    context.init(keys, new TrustManager[] {new TrustAll()}, null);
  }

  /** Unlike the others, trusts only servers that the JDK trusts, and so none of a test. */
  static TlsClient wary() throws GeneralSecurityException {
    return new TlsClient(SSLContext.getDefault());
  }

  public static TlsClient anonymous() throws GeneralSecurityException {
    return new TlsClient(new KeyManager[0]);
  }

  public static TlsClient showing(Path certificate) throws GeneralSecurityException, IOException {
    String key = certificate.toString().replace(".pem", ".key");
    var identity =
        Identity.of(certificate, Files.readAllBytes(certificate), Files.readAllBytes(Path.of(key)));
    return new TlsClient(new KeyManager[] {new AlwaysShows(identity)});
  }

  /** To be changed before the handshake. */
  SSLParameters parameters() {
    return parameters;
  }

  /** Connects to a port of the loopback address; the first byte that is sent shakes hands. */
  public Socket connect(int port) throws IOException {
    return context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
  }

  /** Shakes hands over a loopback connection, as a server does that blocks on its sockets. */
  SSLSession overSocket(SSLContext server) throws Exception {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var served =
          threads.submit(
              () -> {
                try (Socket accepted = listener.accept()) {
                  accepted.setSoTimeout(TIMEOUT_MILLIS);
                  InputStream nothingRead = null;
                  try (var socket =
                      (SSLSocket)
                          server.getSocketFactory().createSocket(accepted, nothingRead, true)) {
                    socket.startHandshake();
                    socket.getOutputStream().write(1);
                    return socket.getInputStream().read();
                  }
                }
              });
      SSLSession session = connect(listener);
      served.get();
      return session;
    }
  }

  private SSLSession connect(ServerSocket listener) throws IOException {
    try (var plain = new Socket(listener.getInetAddress(), listener.getLocalPort());
        var socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", 1, true)) {
      plain.setSoTimeout(TIMEOUT_MILLIS);
      socket.setSSLParameters(parameters);
      // With TLS 1.3 a refused client learns of it only when it reads.
      if (socket.getInputStream().read() != 1) {
        throw new IOException("the server hung up");
      }
      socket.getOutputStream().write(1);
      return socket.getSession();
    }
  }

  /** Sends this over a connection to a server of this machine, and reads until its end. */
  public String exchange(int port, String request) throws IOException {
    try (var plain = new Socket(InetAddress.getLoopbackAddress(), port);
        var socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", port, true)) {
      plain.setSoTimeout(TIMEOUT_MILLIS);
      socket.setSSLParameters(parameters);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  /** Shakes hands with a server of this machine, and does nothing more for that long. */
  void shake(int port, Duration rest) throws IOException, InterruptedException {
    try (var plain = new Socket(InetAddress.getLoopbackAddress(), port);
        var socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", port, true)) {
      plain.setSoTimeout(TIMEOUT_MILLIS);
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      Thread.sleep(rest);
    }
  }

  /** The first bytes that a client sends. */
  byte[] hello() throws IOException {
    SSLEngine client = context.createSSLEngine("127.0.0.1", 1);
    client.setUseClientMode(true);
    client.setSSLParameters(parameters);
    ByteBuffer hello = ByteBuffer.allocate(1 << 17);
    client.wrap(ByteBuffer.allocate(0), hello);
    return Arrays.copyOf(hello.array(), hello.position());
  }

  /** Shakes hands in memory, as a server does that drives engines. */
  SSLSession overEngine(SSLEngine server) throws IOException {
    SSLEngine client = context.createSSLEngine("127.0.0.1", 1);
    client.setUseClientMode(true);
    client.setSSLParameters(parameters);
    ByteBuffer toServer = ByteBuffer.allocate(1 << 17);
    ByteBuffer toClient = ByteBuffer.allocate(1 << 17);
    client.beginHandshake();
    server.beginHandshake();
    for (int i = 0; i < 200; i++) {
      step(client, toClient, toServer);
      step(server, toServer, toClient);
      if (isDone(client) && isDone(server)) {
        return client.getSession();
      }
    }
    throw new IOException("the handshake does not end");
  }

  private static boolean isDone(SSLEngine engine) {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws IOException {
    switch (engine.getHandshakeStatus()) {
      case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> {
        in.flip();
        SSLEngineResult result = engine.unwrap(in, ByteBuffer.allocate(1 << 15));
        in.compact();
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw new IOException("closed");
        }
      }
      case NEED_TASK -> {
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
      }
    }
  }

  /** Shows its certificate whatever authorities the server asks for. */
  private static final class AlwaysShows extends X509ExtendedKeyManager {
    private final Identity identity;

    AlwaysShows(Identity identity) {
      this.identity = identity;
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
      return "client";
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return "client";
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return identity.chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return identity.key();
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {"client"};
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      throw new IllegalStateException("this is a client: type=" + type);
    }
  }

  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
