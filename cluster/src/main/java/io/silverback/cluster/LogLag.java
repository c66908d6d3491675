package io.silverback.cluster;

/**
 * How a voter keeps up with the log of the views.
 *
 * @param silentMillis for how long its log has not been in touch with the others
 * @param entries agreed ones that it does not know of yet
 * @param isLate true if that lasts, so that its vote cannot be counted on
 */
public record LogLag(long silentMillis, long entries, boolean isLate) {}
