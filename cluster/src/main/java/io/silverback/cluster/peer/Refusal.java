package io.silverback.cluster.peer;

/** Why a connection was ended. */
public enum Refusal {
  /** What came is not of this protocol. */
  MALFORMED,
  /** Another version of the protocol. */
  VERSION,
  /** A newer version of the protocol; the peer comes again if it speaks one of ours, too. */
  NEWER,
  /** No secret of this node made the proof. */
  SECRET,
  /** A frame that its seal does not fit: changed, repeated, or in the wrong place. */
  SEAL,
  /** A handshake that took too long. */
  TIMEOUT,
  /** A handshake that had to make room for newer ones. */
  CROWDED,
  /** As many peers as may be are connected. */
  FULL,
  /** Another process that goes by this node's name. */
  NAME,
  /** A connection that its peer has since replaced by a newer one. */
  REPLACED,
  /** A connection from before this node dropped all. */
  DROPPED
}
