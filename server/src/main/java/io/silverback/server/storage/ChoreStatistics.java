package io.silverback.server.storage;

import java.util.Optional;

/**
 * How something goes that a store does now and then.
 *
 * @param lastSuccessMillis when it last did its work, or began, in milliseconds since the epoch
 * @param failures since the start
 * @param trouble why it cannot do its work, so that the server should get no requests; empty if it
 *     can, or has not failed often enough in a row to say
 */
public record ChoreStatistics(
    String name, long lastSuccessMillis, long failures, Optional<String> trouble) {}
