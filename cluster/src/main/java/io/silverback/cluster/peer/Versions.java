package io.silverback.cluster.peer;

/**
 * The versions of the protocol between nodes that a node speaks: all from the oldest to the newest.
 * How two nodes find one that both speak: {@code docs/formats/peer-frames.md}.
 */
record Versions(int oldest, int newest) {
  static final int VERSION = 1;
  static final int OLDEST_VERSION = 1;

  /** Of this build. */
  static final Versions OURS = new Versions(OLDEST_VERSION, VERSION);

  boolean speaks(int version) {
    return oldest <= version && version <= newest;
  }

  /** Why a peer of that version is refused. */
  String without(int theirs) {
    return "the peer speaks another version of the protocol: theirs=" + theirs + " ours=" + text();
  }

  /** As an operator reads it. */
  String text() {
    return oldest == newest ? String.valueOf(newest) : oldest + " to " + newest;
  }
}
