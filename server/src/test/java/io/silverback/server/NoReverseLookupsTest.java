package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NoReverseLookupsTest {
  @Test
  void anAddressHasNoNameButItsOwn() {
    // Every machine knows the name of this one.
    assertEquals("127.0.0.1", InetAddress.ofLiteral("127.0.0.1").getHostName());
  }

  @Test
  void aNameHasItsAddress() throws Exception {
    List<InetAddress> addresses = List.of(InetAddress.getAllByName("localhost"));

    assertTrue(addresses.stream().allMatch(InetAddress::isLoopbackAddress), addresses.toString());
  }
}
