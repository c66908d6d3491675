package io.silverback.server.web;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A version of TLS, oldest first. */
public enum TlsVersion {
  TLS10("TLSv1"),
  TLS11("TLSv1.1"),
  TLS12("TLSv1.2"),
  TLS13("TLSv1.3");

  private final String protocol;

  TlsVersion(String protocol) {
    this.protocol = protocol;
  }

  /** The name that the JDK has for it. */
  public String protocol() {
    return protocol;
  }

  static Optional<TlsVersion> named(String name) {
    return Arrays.stream(values()).filter(version -> version.name().equals(name)).findFirst();
  }

  /** The JDK's names of all versions between the two, both included; empty if they are crossed. */
  static List<String> protocols(TlsVersion lowest, TlsVersion highest) {
    return Arrays.stream(values())
        .filter(version -> version.compareTo(lowest) >= 0 && version.compareTo(highest) <= 0)
        .map(TlsVersion::protocol)
        .toList();
  }
}
