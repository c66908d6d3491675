package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.QueryParameters;
import java.util.List;

/** A grouping key as the parameters of a URL, each of which is a label. */
final class GroupingKeyParameters {
  private static final String JOB = "job";

  private GroupingKeyParameters() {}

  /**
   * The key that the parameters say.
   *
   * @throws BadParameterException if there is no job, or a label is said twice
   */
  static GroupingKey read(QueryParameters parameters) {
    if (parameters.first(JOB).isEmpty()) {
      throw new BadParameterException(
          "no job parameter provided, add job=NAME and the other labels");
    }
    var labels = new Labels.Builder();
    for (String name : parameters.names()) {
      List<String> values = parameters.all(name);
      if (values.size() > 1) {
        throw BadParameterException.of(name, "must be given once");
      }
      labels.add(name, values.getFirst());
    }
    return new GroupingKey(labels.build());
  }
}
