package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.handler.JobTotals.Order;
import io.silverback.server.handler.JobTotals.Totals;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * {@code GET /api/v1/admin/top}: the jobs that have, or do, the most.
 *
 * <p>Which jobs those are is known for sure as long as there are at most a thousand, and of more,
 * for those that have a thousandth of all; what is told of a job is exact, but for pushes and
 * refusals, see {@link HeavyNames}. Takes a fixed amount of memory, whatever the jobs are called.
 */
final class TopHandler {
  private static final int STANDARD_LIMIT = 20;

  private final JobTotals jobs;

  TopHandler(JobTotals jobs) {
    this.jobs = jobs;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      var parameters = QueryParameters.parse(request.query().rawValue());
      int limit = parameters.first("limit").map(TopHandler::limit).orElse(STANDARD_LIMIT);
      Order order = parameters.first("by").map(TopHandler::order).orElse(Order.SERIES);
      List<Job> top = top(order, limit);
      JsonAnswer.send(request, response, data -> write(top, data));
    };
  }

  private List<Job> top(Order order, int limit) {
    List<String> names =
        jobs.heaviest(order).stream()
            .sorted(Comparator.comparingLong(Heavy::sum).reversed().thenComparing(Heavy::name))
            .limit(limit)
            .map(Heavy::name)
            .toList();
    List<Totals> totals = jobs.totals(names);
    return IntStream.range(0, names.size())
        .mapToObj(i -> new Job(names.get(i), totals.get(i)))
        .sorted(
            Comparator.<Job>comparingLong(job -> job.totals().weight(order))
                .reversed()
                .thenComparing(Job::name))
        .toList();
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= JobTotals.MOST_JOBS) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a number out of range.
    }
    throw BadParameterException.of("limit", "must be a number from 1 to " + JobTotals.MOST_JOBS);
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
      out.writeStringField("job", job.name());
      out.writeNumberField("groups", job.totals().groups());
      out.writeNumberField("series", job.totals().series());
      out.writeNumberField("bytes", job.totals().bytes());
      out.writeNumberField("pushes", job.totals().pushes());
      out.writeNumberField("refusals", job.totals().refusals());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private record Job(String name, Totals totals) {}
}
