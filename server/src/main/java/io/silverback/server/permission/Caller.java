package io.silverback.server.permission;

import java.util.EnumSet;
import java.util.Set;

/**
 * Who sent a request, and what they may do.
 *
 * @param name for the log and messages; empty if the client did not say who it is
 * @param reach which groups its right to change groups is for
 */
public record Caller(String name, Set<Right> rights, Reach reach) {
  /** Of whom nothing is known yet, so that they may do nothing. */
  public static final Caller NOBODY = new Caller("", Set.of(), Reach.ALL);

  /** Anyone, where the operator has set no permissions. */
  public static final Caller UNBOUNDED = new Caller("", EnumSet.allOf(Right.class), Reach.ALL);

  public Caller {
    rights = Right.copyOf(rights);
  }

  public boolean may(Right right) {
    return rights.contains(right);
  }
}
