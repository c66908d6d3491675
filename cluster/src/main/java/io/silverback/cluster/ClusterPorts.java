package io.silverback.cluster;

import io.silverback.codec.model.VersionClock;
import java.util.function.LongSupplier;

/**
 * What a node needs of the world, so that a test can be the world.
 *
 * @param versions gives the versions of all that this process stores
 * @param random numbers that nobody else draws; in a simulation, from its seed
 */
public record ClusterPorts(
    Clock clock,
    Loop loop,
    Network network,
    Membership membership,
    ViewLog viewLog,
    ReplicaStore store,
    VersionClock versions,
    LongSupplier random) {}
