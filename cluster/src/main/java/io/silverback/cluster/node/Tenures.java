package io.silverback.cluster.node;

import java.util.BitSet;
import java.util.function.Predicate;

/**
 * Which slots a node led at some moment, and what was settled there. Nobody changes what is in it.
 *
 * @param slots those that it led
 * @param epochs by slot: from which on it led them
 * @param sinceMillis by slot: when it began, by its wall clock, which its updates have their times
 *     from
 * @param settledMillis updates that it takes and that are not visible yet will have this time or a
 *     later one
 * @param holds true as long as it is certain that nobody else has led any of some of the slots
 *     since; for any thread
 */
public record Tenures(
    BitSet slots, long[] epochs, long[] sinceMillis, long settledMillis, Predicate<BitSet> holds) {}
