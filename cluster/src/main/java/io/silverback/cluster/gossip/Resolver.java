package io.silverback.cluster.gossip;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Finds the hosts of a name. Called by one thread, which it may block. */
@FunctionalInterface
public interface Resolver {
  /**
   * Every address of the name, as it stands before a port.
   *
   * @throws UnknownHostException if there is none
   */
  List<String> addressesOf(String name) throws UnknownHostException;

  /** The one of the JDK. */
  static Resolver system() {
    return name -> {
      var addresses = new ArrayList<String>();
      for (InetAddress address : InetAddress.getAllByName(name)) {
        String text = address.getHostAddress();
        addresses.add(address instanceof Inet6Address ? "[" + text + "]" : text);
      }
      return addresses;
    };
  }
}
