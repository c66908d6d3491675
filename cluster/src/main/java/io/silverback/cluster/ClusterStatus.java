package io.silverback.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one node knows and does, as of some moment; for show and for metrics.
 *
 * @param view the newest one known; empty before the first
 * @param peers what gossip believes to live, this node not included
 * @param foreign those that were heard of lately and belong to another cluster
 * @param leaseMillis how long the lease runs on, 0 or less without one
 * @param ledSlots slots that it leads and shows
 * @param takingOver slots that it is to lead and does not show yet
 * @param handingOver slots that it leads and another one should lead
 * @param ownedSlots slots that it should hold
 * @param underReplicated led slots of which some owner is not known to hold all
 * @param fewestCopies of a slot that it leads, its own included, that are known to be complete; 0
 *     if it leads none
 * @param awaitingHistory slots that it holds and has yet to fetch older history of
 * @param movingHistory the same, but 0 as long as it has no room for that
 * @param leftoverSlots slots that it should not hold, and of which it has something
 * @param proposes true if it proposes views
 * @param outage slots that nobody serves
 * @param silentMillis the members that were not heard of for longer than a lease, and for how long;
 *     time before this process heard anyone does not count
 * @param clockSkews of the other members that answered within a lease
 * @param logs how those voters keep up with the log of the views of which this node knows it
 * @param events how often each happened since the start; those that did not may be missing
 * @param withheldMillis time without a lease, from the first lease on
 * @param fresh true if it takes pushes by itself, as it reaches no majority
 * @param freshMillis for how long it has done so, all times together
 */
public record ClusterStatus(
    Member self,
    Optional<View> view,
    List<Member> peers,
    List<Member> foreign,
    long leaseMillis,
    int ledSlots,
    int takingOver,
    int handingOver,
    int ownedSlots,
    int underReplicated,
    int fewestCopies,
    int awaitingHistory,
    int movingHistory,
    int leftoverSlots,
    boolean proposes,
    Outage outage,
    Map<Member, Long> silentMillis,
    Map<Member, ClockSkew> clockSkews,
    Map<Member, LogLag> logs,
    Map<ClusterEvent, Long> events,
    long withheldMillis,
    boolean fresh,
    long freshMillis) {}
