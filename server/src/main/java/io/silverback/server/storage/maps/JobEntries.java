package io.silverback.server.storage.maps;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.TallyKeys;

/**
 * How many groups of each job have an entry, those among them that are deleted and have history.
 *
 * <p>It may count a group that has no entry yet, but never too few. So a query for a job that has
 * none need not look at the groups. Thread-safe.
 */
public final class JobEntries {
  private static final int COUNT = 0;

  private final OffHeapTallies tallies;
  private final TallyKeys keys = new TallyKeys();

  /** Of no group, beside what else is in the map of tallies. */
  public JobEntries(OffHeapMap tallies) {
    this.tallies = new OffHeapTallies(tallies);
  }

  /** Counts a group that is about to have an entry. */
  public synchronized void add(GroupingKey group) {
    tallies.add(keys.jobEntries(group.job()), COUNT, 1);
  }

  /** Counts a group whose entry is gone. */
  public synchronized void remove(GroupingKey group) {
    tallies.add(keys.jobEntries(group.job()), COUNT, -1);
  }

  /** False if no group of the job has an entry. Takes as long whatever groups there are. */
  public synchronized boolean has(String job) {
    return tallies.get(keys.jobEntries(job), COUNT) > 0;
  }
}
