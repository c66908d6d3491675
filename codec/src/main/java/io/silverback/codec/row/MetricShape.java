package io.silverback.codec.row;

import io.silverback.codec.model.Labels;

/**
 * A metric without its values.
 *
 * @param labels those that the grouping key does not give
 */
public record MetricShape(MetricLayout layout, Labels labels) {}
