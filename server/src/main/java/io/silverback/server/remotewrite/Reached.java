package io.silverback.server.remotewrite;

import java.util.BitSet;

/**
 * How far a target got in some slots.
 *
 * @param epoch of the leader that got so far; one of a later epoch knows better, whatever the times
 * @param doneMillis all samples up to that time were delivered, or given up
 * @param begunMillis up to which sending has begun, the same or later
 * @param slots nobody changes them
 */
public record Reached(long epoch, long doneMillis, long begunMillis, BitSet slots) {}
