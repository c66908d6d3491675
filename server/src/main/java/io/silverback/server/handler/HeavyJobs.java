package io.silverback.server.handler;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The jobs with the largest sums, in memory that does not grow with the number of jobs. Not
 * thread-safe.
 *
 * <p>Exact until there are more jobs than it has room for. From then on each sum may be too low, by
 * less than the sum over all jobs divided by that room.
 */
public final class HeavyJobs {
  /*
   * Implementation notes: the algorithm of Misra and Gries, "Finding repeated elements" (1982), for
   * weights and in batches, as of Anderson et al., "A high-performance algorithm for identifying
   * frequent items in data streams" (2017). What it takes from one job's sum it takes from that of
   * as many others as there is room for, which bounds the error; a batch makes it cheap.
   */

  private final int room;
  private final Map<String, Long> sums = new HashMap<>();
  private boolean isExact = true;

  /** For that many jobs; now and then it holds twice as many. */
  public HeavyJobs(int room) {
    this.room = room;
  }

  /** What is known of a job. */
  public record Heavy(String job, long sum) {}

  public void add(String job, long weight) {
    sums.merge(job, weight, Long::sum);
    if (sums.size() > 2 * room) {
      shrink();
    }
  }

  /** True as long as no sum may be too low, and all jobs are known. */
  public boolean isExact() {
    return isExact;
  }

  /** The sum of the job, 0 if nothing is known of it. */
  long sum(String job) {
    return sums.getOrDefault(job, 0L);
  }

  /** All that are known, in descending order of the sums, equal ones in that of the names. */
  public List<Heavy> all() {
    return sums.entrySet().stream()
        .map(entry -> new Heavy(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Heavy::sum).reversed().thenComparing(Heavy::job))
        .toList();
  }

  private void shrink() {
    isExact = false;
    long[] ascending = sums.values().stream().mapToLong(Long::longValue).sorted().toArray();
    long cut = ascending[ascending.length - room - 1];
    sums.values().removeIf(sum -> sum <= cut);
    sums.replaceAll((_, sum) -> sum - cut);
  }
}
