package io.silverback.server.handler;

import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.List;

/**
 * What an operator may want of the cluster that this server is part of. All of it may be asked for
 * again and again, through any server. Thread-safe; calls wait for no longer than they are told.
 *
 * <p>All methods throw {@link StoreNotReadyException} before the cluster has formed.
 */
public interface ClusterOrders {

  /** Has a member hand over all groups that it leads or holds, and waits until it has. */
  Outcome drain(String nodeId, Duration patience);

  /** Takes that back, and waits until the members have agreed on it. */
  Outcome undrain(String nodeId, Duration patience);

  /** Has a member removed that is gone, and waits until the others have agreed on it. */
  Outcome forget(String nodeId, Duration patience);

  /**
   * Gives up a member that is lost for good together with a majority of the voters. Once all voters
   * that this server does not hear are given up, it founds the cluster again without them, and
   * waits until it has. The only order that needs no majority, and the only one that can lose
   * pushes.
   */
  Outcome giveUp(String nodeId, Duration patience);

  /** Has every leader compare its groups with their copies soon. */
  void repair();

  /** Has the slots go to the members that should lead them. */
  void rebalance();

  /** What became of it. */
  sealed interface Outcome {
    /** It is so now. */
    record Done() implements Outcome {}

    /**
     * It goes on.
     *
     * @param slotsLed slots that the member leads still
     * @param underReplicated slots that lack a copy
     * @param waitingFor what is missing, in sentences
     */
    record Pending(int slotsLed, int underReplicated, List<String> waitingFor) implements Outcome {
      public Pending {
        waitingFor = List.copyOf(waitingFor);
      }
    }

    /**
     * A member is given up.
     *
     * @param isDone true if the cluster goes on without it
     * @param waitingFor what is missing until then, in sentences
     * @param risks what may be lost, and what happens if it comes back, in sentences
     */
    record GivenUp(boolean isDone, List<String> waitingFor, List<String> risks) implements Outcome {
      public GivenUp {
        waitingFor = List.copyOf(waitingFor);
        risks = List.copyOf(risks);
      }
    }

    /**
     * There is no such member.
     *
     * @param known the names of those that there are
     */
    record Unknown(List<String> known) implements Outcome {
      public Unknown {
        known = List.copyOf(known);
      }
    }

    /** It will not do as things are. */
    record Refused(String reason) implements Outcome {}

    /** It may be so later. */
    record Unsettled(String reason) implements Outcome {}
  }
}
