package io.silverback.codec.exposition;

import io.silverback.codec.model.MetricFamily;
import java.util.List;

/**
 * What the body of a push said.
 *
 * @param families each name once; labels are as sent, without the grouping key
 * @param timestamped true if any sample came with a timestamp, which a push must not have
 */
public record ParsedExposition(List<MetricFamily> families, boolean timestamped) {
  public ParsedExposition {
    families = List.copyOf(families);
  }
}
