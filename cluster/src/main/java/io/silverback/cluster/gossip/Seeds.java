package io.silverback.cluster.gossip;

import static java.util.Map.entry;

import io.silverback.cluster.Trouble;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whom to ask first: addresses, and names that stand for as many addresses as they have now.
 * Thread-safe.
 */
final class Seeds {
  private static final System.Logger logger = System.getLogger(Seeds.class.getName());

  private static final String NAME = "dns+";

  /** A name with more addresses than this is asked at the first ones only. */
  private static final int MAX = 64;

  private final List<String> entries;
  private final String self;
  private final Resolver resolver;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile List<String> addresses = List.of();
  private volatile Map<String, String> unresolved = Map.of();

  /**
   * Seeds that are not resolved yet.
   *
   * @param entries as {@code host:port} or {@code dns+name:port}
   * @param self the address of this node, which is no seed
   * @throws IllegalArgumentException if an entry is neither
   */
  Seeds(List<String> entries, String self, Resolver resolver) {
    for (String entry : entries) {
      requirePort(entry);
    }
    this.entries = List.copyOf(entries);
    this.self = self;
    this.resolver = resolver;
  }

  private static void requirePort(String entry) {
    String address = entry.startsWith(NAME) ? entry.substring(NAME.length()) : entry;
    int colon = address.lastIndexOf(':');
    if (colon > 0 && address.substring(colon + 1).matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(address.substring(colon + 1));
      if (port > 0 && port < 1 << 16) {
        return;
      }
    }
    throw new IllegalArgumentException("a seed must be host:port or dns+name:port: seed=" + entry);
  }

  /** Looks up the names; what cannot be found now keeps nobody else from being found. */
  void resolve() {
    Set<String> found = new LinkedHashSet<>();
    var unknown = new TreeMap<String, String>();
    for (String entry : entries) {
      if (!entry.startsWith(NAME)) {
        found.add(entry);
        continue;
      }
      int colon = entry.lastIndexOf(':');
      String name = entry.substring(NAME.length(), colon);
      try {
        for (String host : resolver.addressesOf(name)) {
          found.add(host + entry.substring(colon));
        }
      } catch (UnknownHostException failure) {
        unknown.put(name, String.valueOf(failure.getMessage()));
      }
    }
    tell(unresolved, unknown);
    unresolved = unknown;
    found.remove(self);
    addresses = found.stream().limit(MAX).toList();
  }

  /** Once for each name, and again when it has an address. */
  private static void tell(Map<String, String> before, Map<String, String> now) {
    now.forEach(
        (name, reason) -> {
          if (!before.containsKey(name)) {
            logger.log(
                System.Logger.Level.WARNING,
                "a name in --cluster.join has no address now and is tried again",
                entry("name", name),
                entry("reason", reason));
          }
        });
    for (String name : before.keySet()) {
      if (!now.containsKey(name)) {
        logger.log(
            System.Logger.Level.INFO,
            "a name in --cluster.join has an address",
            entry("name", name));
      }
    }
  }

  /** The names that had no address when they were last looked up. */
  List<Trouble> troubles() {
    return unresolved.entrySet().stream()
        .map(each -> new Trouble(each.getKey(), "the name has no address: " + each.getValue()))
        .toList();
  }

  List<String> all() {
    return addresses;
  }

  /** One of them, the next one each time; empty if there is none. */
  List<String> one() {
    var current = new ArrayList<>(addresses);
    return current.isEmpty()
        ? List.of()
        : List.of(current.get(Math.floorMod(turn.getAndIncrement(), current.size())));
  }
}
