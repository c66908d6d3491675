package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Sender;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all connections of a node share. Thread-safe.
 *
 * @param self this node, as its peers are to know it
 * @param versions of the protocol that it speaks
 * @param attempts numbers for the connections that it opens, each higher than the ones before
 */
record Local(
    Sender self,
    Versions versions,
    PeerConfig settings,
    PeerSecrets secrets,
    Traffic traffic,
    RefusalLog log,
    Unreached unreached,
    SecureRandom random,
    AtomicLong attempts) {

  Local(Sender self, Versions versions, PeerConfig settings, PeerSecrets secrets) {
    this(
        self,
        versions,
        settings,
        secrets,
        new Traffic(),
        new RefusalLog(),
        new Unreached(settings.maxOutbound()),
        new SecureRandom(),
        new AtomicLong());
  }

  byte[] newNonce() {
    byte[] nonce = new byte[Greeting.NONCE_LENGTH];
    random.nextBytes(nonce);
    return nonce;
  }

  /**
   * Refuses another process that goes by the name of this one.
   *
   * @throws RefusedException if it is one
   */
  void requireOtherName(String nodeId, long incarnation) {
    if (nodeId.equals(self.nodeId()) && incarnation != self.incarnation()) {
      throw new RefusedException(
          Refusal.NAME,
          "another process has the name of this node, give each its own --cluster.node-id:"
              + " node_id="
              + nodeId
              + " incarnation="
              + Long.toHexString(incarnation));
    }
  }
}
