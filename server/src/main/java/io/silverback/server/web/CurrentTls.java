package io.silverback.server.web;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import io.silverback.server.trust.Identity;
import io.silverback.server.trust.Pem;
import io.silverback.server.yaml.ConfigException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds the {@link TlsPolicy} that a new connection must follow. Thread-safe. */
final class CurrentTls {
  private static final System.Logger logger = System.getLogger(CurrentTls.class.getName());

  private final Path configFile;
  private final Supplier<TlsFiles> settings;
  private final ReentrantLock lock = new ReentrantLock();

  // All guarded by the lock.
  private final Map<Path, WatchedFile> watched = new HashMap<>();
  private @Nullable Made made;
  private String loggedFault = "";

  CurrentTls(Path configFile, Supplier<TlsFiles> settings) {
    this.configFile = configFile;
    this.settings = settings;
  }

  /**
   * The policy of this moment; a new one only if something has changed.
   *
   * @throws ConfigException if no connection must be made
   */
  TlsPolicy policy() {
    TlsFiles wanted = settings.get();
    if (!wanted.enabled()) {
      throw ConfigException.inFile(
          configFile, "TLS was switched off in the file, which needs a restart");
    }
    lock.lock();
    try {
      return policyFor(wanted);
    } finally {
      lock.unlock();
    }
  }

  private TlsPolicy policyFor(TlsFiles wanted) {
    watched.keySet().removeIf(path -> !names(wanted, path));
    byte[] clientCa = read(wanted.clientCa(), "client_ca_file");
    Identified identified = identify(wanted);
    Made last = made;
    if (last != null
        && last.settings.equals(wanted)
        && last.identified == identified
        && Arrays.equals(last.clientCa, clientCa)) {
      return last.policy;
    }
    TlsPolicy policy =
        TlsPolicy.of(
            configFile, wanted, identified.identity, authorities(wanted.clientCa(), clientCa));
    made = new Made(wanted, identified, clientCa, policy);
    return policy;
  }

  /** The key pair as the files have it, or the last good one of the same files. */
  private Identified identify(TlsFiles wanted) {
    Made last = made;
    try {
      byte[] certificate = read(wanted.certificate(), "cert_file");
      byte[] key = read(wanted.key(), "key_file");
      Identified identified =
          last != null && last.identified.isOf(certificate, key)
              ? last.identified
              : new Identified(certificate, key, Identity.of(configFile, certificate, key));
      if (!loggedFault.isEmpty()) {
        loggedFault = "";
        logger.log(INFO, "the TLS key pair is good again: file={0}", configFile);
      }
      return identified;
    } catch (ConfigException e) {
      String fault = e.getMessage();
      if (last == null
          || !last.settings.certificate().equals(wanted.certificate())
          || !last.settings.key().equals(wanted.key())) {
        throw e;
      }
      if (!loggedFault.equals(fault)) {
        loggedFault = fault;
        logger.log(ERROR, "serving on with the TLS key pair read before: {0}", fault);
      }
      return last.identified;
    }
  }

  private List<X509Certificate> authorities(PemSource source, byte[] pem) {
    if (!source.isPresent()) {
      return List.of();
    }
    try {
      List<X509Certificate> authorities = Pem.certificates(pem);
      if (!authorities.isEmpty()) {
        return authorities;
      }
    } catch (CertificateException e) {
      throw ConfigException.inFile(
          configFile, "cannot read a certificate in client_ca or client_ca_file");
    }
    throw ConfigException.inFile(configFile, "no PEM certificate in client_ca or client_ca_file");
  }

  private byte[] read(PemSource source, String key) {
    return switch (source) {
      case PemSource.Absent _ -> new byte[0];
      case PemSource.Inline(var pem) -> pem.getBytes(StandardCharsets.UTF_8);
      case PemSource.InFile(var file) ->
          watched.computeIfAbsent(file, path -> new WatchedFile(path, key)).current();
    };
  }

  private static boolean names(TlsFiles settings, Path path) {
    var source = new PemSource.InFile(path);
    return source.equals(settings.certificate())
        || source.equals(settings.key())
        || source.equals(settings.clientCa());
  }

  /** An identity with the bytes that it was read from. */
  private static final class Identified {
    private final byte[] certificate;
    private final byte[] key;
    final Identity identity;

    Identified(byte[] certificate, byte[] key, Identity identity) {
      this.certificate = certificate;
      this.key = key;
      this.identity = identity;
    }

    boolean isOf(byte[] otherCertificate, byte[] otherKey) {
      return Arrays.equals(certificate, otherCertificate) && Arrays.equals(key, otherKey);
    }
  }

  /** A policy with all that it was made from. */
  private static final class Made {
    final TlsFiles settings;
    final Identified identified;
    final byte[] clientCa;
    final TlsPolicy policy;

    Made(TlsFiles settings, Identified identified, byte[] clientCa, TlsPolicy policy) {
      this.settings = settings;
      this.identified = identified;
      this.clientCa = clientCa;
      this.policy = policy;
    }
  }
}
