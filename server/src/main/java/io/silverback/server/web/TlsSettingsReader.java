package io.silverback.server.web;

import io.silverback.server.yaml.YamlSection;
import io.silverback.server.yaml.YamlValue.Text;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the section {@code tls_server_config}. */
final class TlsSettingsReader {
  private static final Set<String> KEYS =
      Set.of(
          "cert",
          "key",
          "client_ca",
          "cert_file",
          "key_file",
          "client_auth_type",
          "client_ca_file",
          "client_allowed_sans",
          "min_version",
          "max_version",
          "cipher_suites",
          "prefer_server_cipher_suites",
          "curve_preferences");

  private static final Map<String, String> NAMED_GROUPS =
      Map.of(
          "CurveP256", "secp256r1",
          "CurveP384", "secp384r1",
          "CurveP521", "secp521r1",
          "X25519", "x25519");

  private TlsSettingsReader() {}

  static TlsFiles read(Path file, YamlSection root) {
    YamlSection tls = root.section("tls_server_config", KEYS);
    PemSource certificate = source(file, tls, "cert_file", "cert");
    PemSource key = source(file, tls, "key_file", "key");
    PemSource clientCa = source(file, tls, "client_ca_file", "client_ca");
    // upstream: the other keys alone, min_version for one, do not switch TLS on.
    boolean wanted =
        certificate.isPresent()
            || key.isPresent()
            || clientCa.isPresent()
            || !tls.text("client_auth_type").isEmpty();
    if (wanted && !certificate.isPresent()) {
      throw tls.fault("", "missing one of cert or cert_file");
    }
    if (wanted && !key.isPresent()) {
      throw tls.fault("", "missing one of key or key_file");
    }
    return new TlsFiles(
        certificate,
        key,
        clientCa,
        clientAuth(tls, clientCa),
        allowedSans(tls),
        version(tls, "min_version", TlsVersion.TLS12),
        maxVersion(tls),
        cipherSuites(tls),
        tls.flag("prefer_server_cipher_suites", true),
        namedGroups(tls));
  }

  private static PemSource source(Path file, YamlSection tls, String fileKey, String inlineKey) {
    String name = tls.text(fileKey);
    if (!name.isEmpty()) {
      try {
        return new PemSource.InFile(file.resolveSibling(name));
      } catch (InvalidPathException e) {
        throw tls.fault(fileKey, "not a file name");
      }
    }
    String pem = tls.text(inlineKey);
    return pem.isEmpty() ? new PemSource.Absent() : new PemSource.Inline(pem);
  }

  private static ClientAuth clientAuth(YamlSection tls, PemSource clientCa) {
    Text name = tls.located("client_auth_type");
    ClientAuth auth =
        ClientAuth.named(name.text())
            .orElseThrow(() -> tls.fault("client_auth_type", "invalid client auth type", name));
    if (auth == ClientAuth.NONE && clientCa.isPresent()) {
      throw tls.fault(
          "client_auth_type", "client CAs have been configured without a client auth policy");
    }
    return auth;
  }

  private static List<String> allowedSans(YamlSection tls) {
    List<String> names = tls.list("client_allowed_sans").stream().map(Text::text).toList();
    if (names.isEmpty() && tls.has("client_allowed_sans")) {
      throw tls.fault("client_allowed_sans", "an empty list would let no client in");
    }
    return names;
  }

  private static TlsVersion version(YamlSection tls, String key, TlsVersion fallback) {
    Text name = tls.located(key);
    if (!tls.has(key)) {
      return fallback;
    }
    return TlsVersion.named(name.text())
        .orElseThrow(() -> tls.fault(key, "unknown TLS version", name));
  }

  private static TlsVersion maxVersion(YamlSection tls) {
    TlsVersion lowest = version(tls, "min_version", TlsVersion.TLS12);
    TlsVersion highest = version(tls, "max_version", TlsVersion.TLS13);
    if (lowest.compareTo(highest) > 0) {
      throw tls.fault("max_version", "max_version is below min_version");
    }
    return highest;
  }

  private static List<String> cipherSuites(YamlSection tls) {
    List<String> suites = new ArrayList<>();
    for (Text name : tls.list("cipher_suites")) {
      if (!CipherSuites.isKnown(name.text())) {
        throw tls.fault("cipher_suites", "unknown cipher", name);
      }
      suites.add(name.text());
    }
    return suites;
  }

  private static List<String> namedGroups(YamlSection tls) {
    List<String> groups = new ArrayList<>();
    for (Text name : tls.list("curve_preferences")) {
      String group = NAMED_GROUPS.get(name.text());
      if (group == null) {
        throw tls.fault("curve_preferences", "unknown curve", name);
      }
      groups.add(group);
    }
    return groups;
  }
}
