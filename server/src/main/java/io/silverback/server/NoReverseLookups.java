package io.silverback.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/**
 * Looks up the addresses of names as usual, but never the name of an address: that is its literal.
 * The JDK finds this class as a service.
 *
 * <p>The web server asks for the name of each client that connects over TLS. The lookup may take
 * many seconds, blocks a carrier of virtual threads all that time, and the client can make its name
 * whatever it likes.
 */
public final class NoReverseLookups extends InetAddressResolverProvider {
  @Override
  public InetAddressResolver get(Configuration configuration) {
    return new Forward(configuration.builtinResolver());
  }

  @Override
  public String name() {
    return "no reverse lookups";
  }

  private record Forward(InetAddressResolver resolver) implements InetAddressResolver {
    @Override
    public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
        throws UnknownHostException {
      return resolver.lookupByName(host, policy);
    }

    @Override
    public String lookupByAddress(byte[] address) throws UnknownHostException {
      throw new UnknownHostException("names of addresses are not looked up");
    }
  }
}
