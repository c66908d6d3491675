package io.silverback.cluster.raft;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the voters listen now. The log knows them by their stores, and a store may be started again
 * elsewhere. Bounded: those that were heard of long ago are forgotten. Thread-safe.
 */
final class PeerAddresses {
  private static final int MAX = 256;

  private final Map<String, String> addresses =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX;
        }
      };

  private volatile Map<String, Member> heard = Map.of();

  /** The name of a member in the log. */
  static String peerId(Member member) {
    return Long.toHexString(member.storeId());
  }

  /** The number of the store that has the name. */
  static long storeId(String peerId) {
    return Long.parseUnsignedLong(peerId, 16);
  }

  synchronized void learn(String peerId, String address) {
    addresses.remove(peerId);
    addresses.put(peerId, address);
  }

  void learn(List<Member> members) {
    members.forEach(member -> learn(peerId(member), member.peerAddress()));
  }

  /** Those that are heard now: no other process speaks for the store of one of them. */
  void heard(List<Member> members) {
    var now = new HashMap<String, Member>();
    members.forEach(member -> now.put(peerId(member), member));
    heard = now;
  }

  /**
   * True if the process works in a copy of the files of one that lives. The log cannot tell them
   * apart: the copy could take the place of the original, and its vote.
   */
  boolean isCopy(String peerId, Network.Sender process) {
    Member living = heard.get(peerId);
    return living != null
        && (living.incarnation() != process.incarnation()
            || !living.nodeId().equals(process.nodeId()));
  }

  synchronized Optional<String> of(String peerId) {
    return Optional.ofNullable(addresses.get(peerId));
  }
}
