package io.silverback.cluster;

/**
 * Why a peer cannot be reached, or is not let in.
 *
 * @param address of the peer, or its name, as it was given or as it came
 * @param reason in words
 */
public record Trouble(String address, String reason) {}
