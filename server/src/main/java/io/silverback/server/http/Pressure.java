package io.silverback.server.http;

/** What requests wait for that slow clients hold. Asked again and again, by one thread. */
public interface Pressure {
  /** True if a body waits for memory that other bodies have. */
  boolean bodiesWait();

  /** True if a large answer waits for others to be read. */
  boolean answersWait();
}
