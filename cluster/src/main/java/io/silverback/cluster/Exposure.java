package io.silverback.cluster;

import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * Which slots a node may show, as of some moment. Thread-safe.
 *
 * @param slots those that it leads
 * @param isWhole true if none of them was handed over so far: to be asked once when all is read
 *     that will be shown. Otherwise some of it may be from another leader, and is read again. What
 *     was read in time may be shown late
 * @param holds true as long as it is certain that nobody else shows them: to be asked again before
 *     the last byte of an answer leaves
 */
public record Exposure(IntPredicate slots, BooleanSupplier isWhole, BooleanSupplier holds) {}
