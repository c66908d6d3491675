package io.silverback.server.storage;

/** The samples of one series, in the order of their times, of which each is different. */
public interface Samples {
  int size();

  /** When the sample was pushed, in milliseconds since the epoch. */
  long timeMillis(int index);

  double value(int index);
}
