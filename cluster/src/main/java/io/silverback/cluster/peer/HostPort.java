package io.silverback.cluster.peer;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An address as people write it: {@code host:port}, with an IPv6 address in brackets.
 *
 * @param host empty for every address of the machine
 */
record HostPort(String host, int port) {
  private static final int HIGHEST_PORT = 65_535;

  /**
   * The address that the text is.
   *
   * @throws IllegalArgumentException if it is not valid
   */
  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    boolean isBracketed = host.startsWith("[") && host.endsWith("]");
    if (isBracketed) {
      host = host.substring(1, host.length() - 1);
    }
    int port = colon < 0 ? -1 : port(text.substring(colon + 1));
    if (port < 0 || port > HIGHEST_PORT || (host.contains(":") && !isBracketed)) {
      throw new IllegalArgumentException(
          "an address must be host:port, with brackets around an IPv6 address: address=" + text);
    }
    return new HostPort(host, port);
  }

  /** All the addresses of the host; may ask a name server, and wait for it. */
  InetAddress[] resolve() throws UnknownHostException {
    return InetAddress.getAllByName(host);
  }

  /** True if no name server has to be asked. */
  boolean isLiteral() {
    try {
      InetAddress.ofLiteral(host);
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  HostPort withPort(int other) {
    return new HostPort(host, other);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  private static int port(String text) {
    try {
      return text.startsWith("+") ? -1 : Integer.parseInt(text);
    } catch (NumberFormatException _) {
      return -1;
    }
  }
}
