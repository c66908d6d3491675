package io.silverback.server.handler;

/** What is asked of all servers of a cluster, or of the one that there is. */
public record Surveys(
    JobTotals jobs,
    GroupFinder groups,
    Problems problems,
    Clients clients,
    Cardinality cardinality) {}
