package io.silverback.cluster;

import java.util.List;
import java.util.Optional;

/**
 * The agreed sequence of views: a linearizable register over a log that the voters keep, in which a
 * view replaces the one before it. It may be slow, repeat itself, and be out of reach for a
 * minority. Thread-safe.
 */
public interface ViewLog extends AutoCloseable {

  /** Told of committed views; called by any thread, must return quickly and throw nothing. */
  @FunctionalInterface
  interface Listener {
    /** A view, in the order of generations and epochs; may be told more than once. */
    void committed(View view);
  }

  /**
   * Starts. Goes on as a voter if files of an earlier start say so; committed views are told as
   * they are found again.
   */
  void start(Member self, Listener listener);

  /**
   * The newest view that files of an earlier start know of, maybe an old one. Members without a
   * vote have one, too: without it, those that come back before the voters could found another
   * cluster.
   */
  Optional<View> remembered();

  /**
   * Makes this node one of the first voters. Each of them is told so with the same view, whose
   * epoch is 1; it is committed as soon as a majority of them is here.
   */
  void bootstrap(View first);

  /**
   * Remembers a view, and makes this node ready to become a voter, or to stay one, if it is among
   * the voters: called whenever a newer view is known that has this member. Takes effect in its own
   * time; may be called again and again.
   */
  void follow(View view);

  /**
   * The newest view that may be agreed on, if this node cannot have missed one: it is one of two
   * voters of the log, without which nothing is agreed on. May be in its log without having been
   * committed.
   */
  Optional<View> newestOfTwo();

  /**
   * Begins a new log with a view of a later generation, of which this node is the only voter, and
   * ends the one before. It is committed soon; may be called again and again.
   *
   * @param newest what {@link #newestOfTwo} said: nothing is done if it says otherwise by then.
   *     Empty to begin in any case
   */
  void refound(View first, Optional<View> newest);

  /**
   * True if this node is the one that should propose: what it knows of the log is recent, and it is
   * likely that its proposals are committed. A hint: several nodes may say so for a while.
   */
  boolean isProposer();

  /**
   * Asks for a view to be agreed on. It is committed if and only if it {@link View#follows} the
   * newest committed view. Whether it was is told to the listener alone; a proposal may be lost, or
   * be committed long after this call.
   */
  void propose(View next);

  /**
   * Which members are heard now; called often. Another process that has the files of one of them,
   * as a copied disk has, takes no part in the log while the original is heard.
   */
  void heard(List<Member> members);

  /**
   * Lets the library's own list of voters follow that of the view, one at a time; called now and
   * then on the node that proposes.
   */
  void reconcile(List<Member> voters);

  /**
   * The numbers of {@link Member#storeId} that the library counts as voters, as far as this node
   * knows: it may have missed changes.
   */
  List<Long> libraryVoters();

  /**
   * The voters that a majority agreed on.
   *
   * @param index of the place in the log that says so; later places have larger ones
   * @param voters by {@link Member#storeId}
   */
  record Agreed(long index, List<Long> voters) {
    public Agreed {
      voters = List.copyOf(voters);
    }
  }

  /**
   * Which voters the library counts, as the node that proposes knows it. Empty on all other nodes,
   * and while the list is about to change.
   */
  Optional<Agreed> agreed();

  /**
   * How a voter of the library keeps up.
   *
   * @param storeId of the voter
   * @param silentMillis for how long it has not been in touch with the others
   * @param entries agreed ones that it has not got yet
   */
  record Follower(long storeId, long silentMillis, long entries) {}

  /**
   * How voters keep up, as far as this node knows: the one that proposes knows it of the others,
   * and each other voter of itself alone.
   */
  List<Follower> followers();

  /** True if this node has the log up to that place, and knows that it is agreed on. */
  boolean reaches(long index);

  @Override
  void close();
}
