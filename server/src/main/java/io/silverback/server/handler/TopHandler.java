package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.server.handler.HeavyJobs.Heavy;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/admin/top}: the jobs that have, or do, the most.
 *
 * <p>Which jobs those are is known for sure as long as there are at most a thousand, and of more,
 * for those that have a thousandth of all; what is told of a job is exact, but for pushes and
 * refusals, see {@link HeavyJobs}. Takes a fixed amount of memory, whatever the jobs are called.
 */
final class TopHandler {
  private static final int STANDARD_LIMIT = 20;
  private static final int MOST_JOBS = 1000;

  private final MetricStore store;
  private final JobTraffic traffic;

  TopHandler(MetricStore store, JobTraffic traffic) {
    this.store = store;
    this.traffic = traffic;
  }

  private enum Order {
    SERIES,
    BYTES,
    PUSHES,
    REFUSALS
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      var parameters = QueryParameters.parse(request.query().rawValue());
      int limit = parameters.first("limit").map(TopHandler::limit).orElse(STANDARD_LIMIT);
      Order order = parameters.first("by").map(TopHandler::order).orElse(Order.SERIES);
      List<Job> jobs = top(order, limit);
      JsonAnswer.send(request, response, data -> write(jobs, data));
    };
  }

  private List<Job> top(Order order, int limit) {
    List<String> names =
        switch (order) {
          case SERIES -> largest((series, _) -> series, limit);
          case BYTES -> largest((_, bytes) -> bytes, limit);
          case PUSHES -> traffic.busiest(false, limit);
          case REFUSALS -> traffic.busiest(true, limit);
        };
    Map<String, Job> jobs = new HashMap<>();
    names.forEach(name -> jobs.put(name, new Job(name)));
    store.sizes(
        (key, series, bytes) -> {
          Job job = jobs.get(JobName.shown(key.job()));
          if (job != null) {
            job.add(series, bytes);
          }
        });
    jobs.values()
        .forEach(
            job -> {
              job.pushes = traffic.pushes(job.name);
              job.refusals = traffic.refusals(job.name);
            });
    return jobs.values().stream()
        .sorted(
            Comparator.<Job>comparingLong(job -> job.weight(order))
                .reversed()
                .thenComparing(job -> job.name))
        .toList();
  }

  @FunctionalInterface
  private interface Weight {
    long of(long series, long bytes);
  }

  private List<String> largest(Weight weight, int limit) {
    var jobs = new HeavyJobs(MOST_JOBS);
    store.sizes(
        (key, series, bytes) -> jobs.add(JobName.shown(key.job()), weight.of(series, bytes)));
    return jobs.heaviest(limit).stream().map(Heavy::job).toList();
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MOST_JOBS) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a number out of range.
    }
    throw BadParameterException.of("limit", "must be a number from 1 to " + MOST_JOBS);
  }

  private static Order order(String text) {
    return Arrays.stream(Order.values())
        .filter(order -> nameOf(order).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                BadParameterException.of(
                    "by",
                    "must be one of "
                        + Arrays.stream(Order.values())
                            .map(TopHandler::nameOf)
                            .collect(Collectors.joining(", "))));
  }

  private static String nameOf(Order order) {
    return order.name().toLowerCase(Locale.ROOT);
  }

  private static void write(List<Job> jobs, JsonGenerator out) throws IOException {
    out.writeStartArray();
    for (Job job : jobs) {
      out.writeStartObject();
      out.writeStringField("job", job.name);
      out.writeNumberField("groups", job.groups);
      out.writeNumberField("series", job.series);
      out.writeNumberField("bytes", job.bytes);
      out.writeNumberField("pushes", job.pushes);
      out.writeNumberField("refusals", job.refusals);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** A job of the answer while it is counted. */
  private static final class Job {
    private final String name;
    private long groups;
    private long series;
    private long bytes;
    private long pushes;
    private long refusals;

    private Job(String name) {
      this.name = name;
    }

    private void add(long groupSeries, long groupBytes) {
      groups++;
      series += groupSeries;
      bytes += groupBytes;
    }

    private long weight(Order order) {
      return switch (order) {
        case SERIES -> series;
        case BYTES -> bytes;
        case PUSHES -> pushes;
        case REFUSALS -> refusals;
      };
    }
  }
}
