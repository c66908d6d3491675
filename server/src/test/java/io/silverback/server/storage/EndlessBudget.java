package io.silverback.server.storage;

/** Lets a query take whatever it wants, and counts it. */
public final class EndlessBudget implements QueryBudget {
  private long takenBytes;
  private long steps;

  public long takenBytes() {
    return takenBytes;
  }

  public long steps() {
    return steps;
  }

  @Override
  public long mostBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void take(long bytes) {
    takenBytes += bytes;
  }

  @Override
  public void goOn() {
    steps++;
  }
}
