package io.silverback.server.storage;

/**
 * What a store in files says of its disk, and of the end of the process before.
 *
 * @param freeBytes at the last look
 * @param startBytes that the next start needs free at least
 * @param lastEndWasClean false if the process before this one did not come to close the store
 */
public record DiskStatistics(long freeBytes, long startBytes, boolean lastEndWasClean) {}
