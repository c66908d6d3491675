package io.silverback.server.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.LimitUnit;
import java.util.function.Consumer;

/**
 * How full the limits are, and how many requests were refused and why, among the metrics of the
 * gateway. Asked at each scrape.
 */
final class LimitMetrics {
  private final PrometheusRegistry registry;
  private final LimitBoard board;

  private LimitMetrics(PrometheusRegistry registry, LimitBoard board) {
    this.registry = registry;
    this.board = board;
  }

  /** Registers all; those without a value are not shown. */
  static void register(PrometheusRegistry registry, LimitBoard board) {
    var metrics = new LimitMetrics(registry, board);
    metrics.registerRefusals();
    for (LimitUnit unit : LimitUnit.values()) {
      metrics.registerUnit(unit);
    }
  }

  private void registerRefusals() {
    CounterWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_refused_requests_total")
        .help(
            "Requests and connections that were refused: the flag of the limit that turned them away,"
                + " or another reason.")
        .labelNames("reason")
        .callback(
            counter -> {
              board.rows().forEach(row -> counter.call((double) row.refused(), row.flag()));
              board
                  .refusedOtherwise()
                  .forEach((reason, count) -> counter.call((double) count, reason.label()));
            })
        .register(registry);
  }

  /** One name for each unit, so that what is added up or compared has the same one. */
  private void registerUnit(LimitUnit unit) {
    show(
        "silverback_limit_used" + unit.suffix(),
        "How much of a limit is taken, by the flag that sets it.",
        gauge ->
            board.rows().stream()
                .filter(row -> row.unit() == unit)
                .forEach(
                    row -> row.used().ifPresent(used -> gauge.call((double) used, row.flag()))));
    show(
        "silverback_limit_max" + unit.suffix(),
        "The limit, 0 for none, by the flag that sets it.",
        gauge ->
            board.rows().stream()
                .filter(row -> row.unit() == unit)
                .forEach(row -> row.most().ifPresent(most -> gauge.call(most, row.flag()))));
  }

  private void show(String name, String help, Consumer<GaugeWithCallback.Callback> values) {
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name(name)
        .help(help)
        .labelNames("limit")
        .callback(values)
        .register(registry);
  }
}
