package io.silverback.cluster;

import java.util.List;
import java.util.stream.Stream;

/** Views and members for tests that only look at who votes. */
public final class TestViews {
  private TestViews() {}

  public static Member member(String nodeId, long incarnation, long storeId) {
    return new Member(nodeId, incarnation, storeId, nodeId + ":9095", nodeId + ":9091", "", false);
  }

  /** A view in which nobody leads anything. */
  public static View view(long epoch, long clusterId, List<Member> voters, Member... others) {
    return new View(
        epoch,
        clusterId,
        Stream.concat(
                voters.stream().map(voter -> new View.Seat(voter, true, true, 0)),
                Stream.of(others).map(other -> new View.Seat(other, false, true, 0)))
            .toList(),
        List.of(),
        SlotTable.EMPTY);
  }
}
