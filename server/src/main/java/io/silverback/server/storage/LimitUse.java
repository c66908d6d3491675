package io.silverback.server.storage;

/**
 * How full a limit is.
 *
 * @param flag that sets it, without the dashes
 * @param most what the flag allows; 0 for any number
 */
public record LimitUse(String flag, long used, long most) {}
