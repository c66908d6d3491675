package io.silverback.server.config;

import io.silverback.server.yaml.YamlSection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which proxy leads to an address, by the keys of a Prometheus or the variables of the environment,
 * which mean what they mean to programs written in Go.
 */
final class ProxyChoice {
  static final String URL = "proxy_url";
  static final String EXCEPT = "no_proxy";
  static final String FROM_ENVIRONMENT = "proxy_from_environment";

  private static final int USUAL_PORT = 80;

  private ProxyChoice() {}

  /** The proxy that the section asks for; empty for the direct way. */
  static Optional<InetSocketAddress> of(
      YamlSection section, URI target, Map<String, String> environment) {
    boolean isInEnvironment = section.flag(FROM_ENVIRONMENT, false);
    if (isInEnvironment && section.has(URL)) {
      throw section.fault(FROM_ENVIRONMENT, "says nothing beside " + URL);
    }
    if (section.has(EXCEPT) && !section.has(URL)) {
      throw section.fault(EXCEPT, "says nothing without " + URL);
    }
    if (isInEnvironment) {
      String proxy = variable(environment, target.getScheme() + "_proxy");
      return proxy.isEmpty() || isExcept(target, variable(environment, EXCEPT))
          ? Optional.empty()
          : Optional.of(address(section, FROM_ENVIRONMENT, proxy));
    }
    if (!section.has(URL)) {
      return Optional.empty();
    }
    InetSocketAddress proxy = address(section, URL, section.text(URL));
    return section.has(EXCEPT) && isExcept(target, section.text(EXCEPT))
        ? Optional.empty()
        : Optional.of(proxy);
  }

  private static String variable(Map<String, String> environment, String name) {
    String upper = environment.getOrDefault(name.toUpperCase(Locale.ROOT), "");
    return upper.isEmpty() ? environment.getOrDefault(name, "") : upper;
  }

  private static InetSocketAddress address(YamlSection section, String key, String text) {
    try {
      URI proxy = new URI(text.contains("://") ? text : "http://" + text);
      if (!"http".equals(proxy.getScheme()) || proxy.getHost() == null) {
        throw section.fault(key, "expected a proxy such as http://host:3128");
      }
      if (proxy.getUserInfo() != null) {
        throw section.fault(key, "a proxy that wants a user is not done here");
      }
      return InetSocketAddress.createUnresolved(
          proxy.getHost(), proxy.getPort() < 0 ? USUAL_PORT : proxy.getPort());
    } catch (URISyntaxException _) {
      throw section.fault(key, "expected a proxy such as http://host:3128");
    }
  }

  /** True if a list of names, addresses and networks says that no proxy leads there. */
  static boolean isExcept(URI target, String list) {
    String host = withoutBrackets(target.getHost().toLowerCase(Locale.ROOT));
    Optional<InetAddress> address = literal(host);
    if (host.equals("localhost") || address.filter(InetAddress::isLoopbackAddress).isPresent()) {
      return true;
    }
    int usual = "https".equals(target.getScheme()) ? 443 : USUAL_PORT;
    int port = target.getPort() < 0 ? usual : target.getPort();
    for (String entry : list.toLowerCase(Locale.ROOT).split(",", -1)) {
      if (covers(entry.strip(), host, address, port)) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(
      String entry, String host, Optional<InetAddress> address, int port) {
    if (entry.isEmpty() || entry.equals("*")) {
      return !entry.isEmpty();
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      Optional<InetAddress> network = literal(entry.substring(0, slash));
      return address.isPresent()
          && network.isPresent()
          && shareBits(address.get(), network.get(), entry.substring(slash + 1));
    }
    String name = entry;
    int colon = entry.lastIndexOf(':');
    if (literal(withoutBrackets(entry)).isEmpty() && colon >= 0) {
      if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    Optional<InetAddress> exact = literal(withoutBrackets(name));
    if (exact.isPresent()) {
      return address.equals(exact);
    }
    String domain = name.startsWith("*.") ? name.substring(1) : name;
    return domain.startsWith(".")
        ? host.endsWith(domain)
        : host.equals(domain) || host.endsWith("." + domain);
  }

  private static boolean shareBits(InetAddress one, InetAddress other, String count) {
    byte[] first = one.getAddress();
    byte[] second = other.getAddress();
    try {
      int bits = Integer.parseInt(count);
      if (first.length != second.length || bits < 0 || bits > first.length * Byte.SIZE) {
        return false;
      }
      for (int i = 0; i < bits; i++) {
        int mask = 0x80 >>> (i % Byte.SIZE);
        if (((first[i / Byte.SIZE] ^ second[i / Byte.SIZE]) & mask) != 0) {
          return false;
        }
      }
      return true;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /** The address that a text is, without a question to anybody. */
  private static Optional<InetAddress> literal(String host) {
    try {
      return Optional.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
