package io.silverback.cluster;

import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * Which slots a node may show, as of some moment. Thread-safe.
 *
 * @param slots those that it leads
 * @param holds true as long as it is certain that nobody else shows them: to be asked again before
 *     the last byte of an answer leaves
 */
public record Exposure(IntPredicate slots, BooleanSupplier holds) {}
