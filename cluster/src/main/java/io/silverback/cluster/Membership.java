package io.silverback.cluster;

import java.util.List;

/**
 * The peers that gossip believes to live. What it says is an opinion: it proposes views and decides
 * nothing. Thread-safe.
 */
public interface Membership extends AutoCloseable {

  /** Starts to look for peers, and tells them of this member. */
  void start(Member self);

  /** Every other process start that is believed to live, in no promised order. */
  List<Member> peers();

  /** The names of peers that have no address now, with the reasons. */
  List<Trouble> troubles();

  /** Tells the peers that this member leaves, as far as it can be done quickly. */
  @Override
  void close();
}
