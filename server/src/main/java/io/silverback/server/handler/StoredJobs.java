package io.silverback.server.handler;

import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.storage.MetricStore;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What jobs have in one store, and what they do at its server. Thread-safe. */
public final class StoredJobs implements JobTotals {
  private final Consumer<MetricStore.SizeSink> groups;
  private final JobTraffic traffic;

  /**
   * The jobs of some groups.
   *
   * @param groups hands over the size of each
   */
  public StoredJobs(Consumer<MetricStore.SizeSink> groups, JobTraffic traffic) {
    this.groups = groups;
    this.traffic = traffic;
  }

  @Override
  public List<Heavy> heaviest(Order order) {
    return switch (order) {
      case SERIES -> largest((series, _) -> series);
      case BYTES -> largest((_, bytes) -> bytes);
      case PUSHES -> traffic.busiest(false);
      case REFUSALS -> traffic.busiest(true);
    };
  }

  @FunctionalInterface
  private interface Weight {
    long of(long series, long bytes);
  }

  private List<Heavy> largest(Weight weight) {
    var jobs = new HeavyNames(MOST_JOBS);
    groups.accept(
        (key, _, series, bytes) -> jobs.add(JobName.shown(key.job()), weight.of(series, bytes)));
    return jobs.all();
  }

  @Override
  public List<Totals> totals(Collection<String> jobs) {
    Map<String, Totals> totals = new LinkedHashMap<>();
    jobs.forEach(
        job -> totals.put(job, new Totals(0, 0, 0, traffic.pushes(job), traffic.refusals(job))));
    groups.accept(
        (key, _, series, bytes) ->
            totals.computeIfPresent(
                JobName.shown(key.job()),
                (_, found) -> found.plus(new Totals(1, series, bytes, 0, 0))));
    return jobs.stream().map(totals::get).toList();
  }
}
