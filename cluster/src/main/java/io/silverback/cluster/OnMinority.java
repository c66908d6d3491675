package io.silverback.cluster;

/** What a node does that has no lease, as it does not reach a majority of the voters. */
public enum OnMinority {
  /** It takes no pushes and shows no groups. */
  WITHHOLD,
  /** After a while it takes pushes by itself, and shows what it was pushed since, nothing older. */
  FRESH
}
