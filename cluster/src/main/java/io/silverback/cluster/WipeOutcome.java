package io.silverback.cluster;

import java.util.List;

/**
 * What became of a wipe of all slots.
 *
 * @param groups how many were forgotten, as far as leaders said so
 * @param slots how many slots no leader has confirmed; 0 if all is gone for good
 * @param nodes that were to wipe those, as of the last view
 * @param reason why, if more is known than that they did not confirm; empty otherwise
 */
public record WipeOutcome(int groups, int slots, List<String> nodes, String reason) {}
