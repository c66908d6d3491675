package io.silverback.server.web;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A server engine whose protocols, cipher suites, curves and client authentication are settled.
 *
 * <p>A client that sends HTTP without TLS fails with a {@link PlainHttpException}.
 *
 * <p>HTTP servers set the parameters of each engine to those of their own start. Here that chooses
 * the application protocols and nothing else, so that the file decides who may connect.
 */
final class PolicyEngine extends SSLEngine {
  /** The length of the head of a TLS record: before that, the engine itself waits for more. */
  private static final int RECORD_HEAD_LENGTH = 5;

  private final SSLEngine engine;
  private final SSLSession noSession;
  private boolean sawRecordHead;
  private volatile boolean isAgreed;

  private PolicyEngine(SSLEngine engine) {
    super(engine.getPeerHost(), engine.getPeerPort());
    this.engine = engine;
    this.noSession = engine.getSession();
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
      SSLParameters settled = engine.getSSLParameters();
      settled.setApplicationProtocols(applicationProtocols);
      engine.setSSLParameters(settled);
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

  @Override
  public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int length)
      throws SSLException {
    if (!sawRecordHead && source.remaining() >= RECORD_HEAD_LENGTH) {
      sawRecordHead = true;
      if (beginsLikeHttp(source)) {
        throw new PlainHttpException();
      }
    }
    return noted(engine.unwrap(source, targets, offset, length));
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer target)
      throws SSLException {
    return noted(engine.wrap(sources, offset, length, target));
  }

  private SSLEngineResult noted(SSLEngineResult result) {
    if (result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED) {
      isAgreed = true;
    }
    return result;
  }

  /**
   * The session that was agreed on, and one that says nothing until then. The JDK's own engine has
   * it too early with TLS 1.3: as soon as the server, but not the client, is content.
   */
  @Override
  public SSLSession getSession() {
    return isAgreed ? engine.getSession() : noSession;
  }

  /** True for a method, or as much of it as there is, and whatever comes after its blank. */
  private static boolean beginsLikeHttp(ByteBuffer source) {
    int letters = 0;
    while (letters < RECORD_HEAD_LENGTH && isLetter(source.get(source.position() + letters))) {
      letters++;
    }
    return letters == RECORD_HEAD_LENGTH
        || (letters > 0 && source.get(source.position() + letters) == ' ');
  }

  private static boolean isLetter(byte character) {
    return character >= 'A' && character <= 'Z';
  }

  // What follows only hands over.

  @Override
  public SSLParameters getSSLParameters() {
    return engine.getSSLParameters();
  }

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return engine.getDelegatedTask();
  }

  @Override
  public void closeInbound() throws SSLException {
    engine.closeInbound();
  }

  @Override
  public boolean isInboundDone() {
    return engine.isInboundDone();
  }

  @Override
  public void closeOutbound() {
    engine.closeOutbound();
  }

  @Override
  public boolean isOutboundDone() {
    return engine.isOutboundDone();
  }

  @Override
  public void beginHandshake() throws SSLException {
    engine.beginHandshake();
  }

  @Override
  public SSLEngineResult.HandshakeStatus getHandshakeStatus() {
    return engine.getHandshakeStatus();
  }

  @Override
  public @Nullable SSLSession getHandshakeSession() {
    return engine.getHandshakeSession();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return engine.getSupportedCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return engine.getEnabledCipherSuites();
  }

  @Override
  public String[] getSupportedProtocols() {
    return engine.getSupportedProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return engine.getEnabledProtocols();
  }

  @Override
  public boolean getUseClientMode() {
    return engine.getUseClientMode();
  }

  @Override
  public boolean getNeedClientAuth() {
    return engine.getNeedClientAuth();
  }

  @Override
  public boolean getWantClientAuth() {
    return engine.getWantClientAuth();
  }

  @Override
  public void setEnableSessionCreation(boolean flag) {
    engine.setEnableSessionCreation(flag);
  }

  @Override
  public boolean getEnableSessionCreation() {
    return engine.getEnableSessionCreation();
  }

  @Override
  public @Nullable String getApplicationProtocol() {
    return engine.getApplicationProtocol();
  }

  @Override
  public @Nullable String getHandshakeApplicationProtocol() {
    return engine.getHandshakeApplicationProtocol();
  }

  @Override
  public void setHandshakeApplicationProtocolSelector(
      @Nullable BiFunction<SSLEngine, List<String>, String> selector) {
    engine.setHandshakeApplicationProtocolSelector(selector);
  }

  @Override
  public @Nullable BiFunction<SSLEngine, List<String>, String>
      getHandshakeApplicationProtocolSelector() {
    return engine.getHandshakeApplicationProtocolSelector();
  }
}
