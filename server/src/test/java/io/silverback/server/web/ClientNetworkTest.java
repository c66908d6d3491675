package io.silverback.server.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientNetworkTest {
  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.1, ::ffff:192.0.2.1, true",
    "2001:db8:0:1::1, 2001:db8:0:1:ffff:ffff:ffff:ffff, true",
    "2001:db8:0:1::1, 2001:db8:0:2::1, false",
    "0.0.0.1, ::1, false",
    "255.255.255.255, ::ffff:ffff:ffff:ffff, false"
  })
  void isTheAddressOfIpv4AndTheFirst64BitsOfIpv6(String one, String other, boolean same) {
    assertEquals(same, network(one).equals(network(other)));
  }

  private static ClientNetwork network(String address) {
    return ClientNetwork.of(InetAddress.ofLiteral(address));
  }
}
