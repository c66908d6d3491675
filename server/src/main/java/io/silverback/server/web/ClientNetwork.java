package io.silverback.server.web;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * The network of a client, by which places are shared out: its IPv4 address, or the first 64 bits
 * of its IPv6 address. One machine usually has all addresses that begin with those.
 */
record ClientNetwork(long prefix) {
  /** IPv4 addresses get the prefix 0:ffff, which is no network of IPv6. */
  private static final long IPV4 = 0xffffL << Integer.SIZE;

  static ClientNetwork of(InetAddress address) {
    var bytes = ByteBuffer.wrap(address.getAddress());
    return new ClientNetwork(
        bytes.remaining() == Integer.BYTES
            ? IPV4 | Integer.toUnsignedLong(bytes.getInt())
            : bytes.getLong());
  }
}
