package io.silverback.cluster.raft;

import io.silverback.cluster.View;

/**
 * What a server of the log was started from first. Later starts take it again, as long as its own
 * files know of no list of voters yet.
 *
 * @param storeId of the member, its name in the log
 * @param first true for one of the first voters, false for one that joined
 * @param view that named the member a voter
 */
record Seed(long storeId, boolean first, View view) {}
