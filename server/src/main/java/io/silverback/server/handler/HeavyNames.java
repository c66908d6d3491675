package io.silverback.server.handler;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names with the largest sums, such as those of jobs, in memory that does not grow with the
 * number of names. Not thread-safe.
 *
 * <p>Exact until there are more names than it has room for. From then on each sum may be too low,
 * by less than the sum over all names divided by that room.
 */
public final class HeavyNames {
  /*
   * Implementation notes: the algorithm of Misra and Gries, "Finding repeated elements" (1982), for
   * weights and in batches, as of Anderson et al., "A high-performance algorithm for identifying
   * frequent items in data streams" (2017). What it takes from one name's sum it takes from that of
   * as many others as there is room for, which bounds the error; a batch makes it cheap.
   */

  private final int room;
  private final Map<String, Long> sums = new HashMap<>();
  private boolean isExact = true;

  /** For that many names; now and then it holds twice as many. */
  public HeavyNames(int room) {
    this.room = room;
  }

  /** What is known of a name. */
  public record Heavy(String name, long sum) {}

  public void add(String name, long weight) {
    sums.merge(name, weight, Long::sum);
    if (sums.size() > 2 * room) {
      shrink();
    }
  }

  /** True as long as no sum may be too low, and all names are known. */
  public boolean isExact() {
    return isExact;
  }

  /** The sum of the name, 0 if nothing is known of it. */
  long sum(String name) {
    return sums.getOrDefault(name, 0L);
  }

  /** All that are known, in descending order of the sums, equal ones in that of the names. */
  public List<Heavy> all() {
    return sums.entrySet().stream()
        .map(entry -> new Heavy(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Heavy::sum).reversed().thenComparing(Heavy::name))
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
