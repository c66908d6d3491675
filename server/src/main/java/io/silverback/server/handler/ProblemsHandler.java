package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.server.handler.Problems.Problem;
import io.silverback.server.handler.Problems.Report;
import io.silverback.server.json.GroupJson;
import io.silverback.server.json.JsonAnswer;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code GET /api/v1/problems}: what clients have trouble with, and what is not served. */
final class ProblemsHandler {
  private final Problems problems;
  private final Supplier<Optional<String>> outage;

  /**
   * The problems of a server or of a cluster.
   *
   * @param outage what of the cluster is not served, in a sentence; empty if all is
   */
  ProblemsHandler(Problems problems, Supplier<Optional<String>> outage) {
    this.problems = problems;
    this.outage = outage;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      Report report = problems.report();
      String unserved = outage.get().orElse("");
      JsonAnswer.send(request, response, data -> write(report, unserved, data));
    };
  }

  private static void write(Report report, String outage, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("outage", outage);
    out.writeArrayFieldStart("silent_members");
    for (String name : report.silent()) {
      out.writeString(name);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("problems");
    for (Problem problem : report.problems()) {
      out.writeStartObject();
      out.writeStringField("kind", problem.kind().name().toLowerCase(Locale.ROOT));
      out.writeObjectFieldStart("labels");
      GroupJson.writePairs(problem.key().labels(), out);
      out.writeEndObject();
      out.writeStringField("time", Instant.ofEpochMilli(problem.millis()).toString());
      out.writeStringField("client", problem.client());
      out.writeStringField("reason", problem.reason());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
