package io.silverback.cluster;

import io.silverback.codec.model.Version;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What a node may show that takes pushes by itself, as of some moment: of each group, whichever
 * slot it belongs to, the families of certain versions. Thread-safe.
 *
 * @param versions those that this process has given since it began to do so
 * @param holds true as long as it goes on: to be asked again before the last byte of an answer
 *     leaves
 */
public record FreshExposure(Predicate<Version> versions, BooleanSupplier holds) {}
