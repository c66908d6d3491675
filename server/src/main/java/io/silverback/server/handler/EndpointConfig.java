package io.silverback.server.handler;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.limits.RequestLimits;
import java.util.Map;
import java.util.Set;

/**
 * What the operator decided about the endpoints.
 *
 * @param externalUrl where browsers find this server; empty if that is not known
 * @param routePrefix what stands before every path, empty or starting and not ending with a slash
 * @param externalPrefix the same as seen from outside, for links
 * @param telemetryPath where Prometheus scrapes, below the prefix
 * @param openProbes whether the two probes are answered without a password
 * @param lifecycle whether a request may end the process
 * @param adminApi whether a request may delete everything
 * @param checked whether a push must be consistent with what is stored
 * @param externalLabels what remote read puts on each series that does not have such a label
 * @param limits how much requests may ask for
 * @param flags every flag and its value, for show
 * @param changedFlags those of them that do not have their default value
 */
public record EndpointConfig(
    String externalUrl,
    String routePrefix,
    String externalPrefix,
    String telemetryPath,
    boolean openProbes,
    boolean lifecycle,
    boolean adminApi,
    boolean checked,
    NameValidation names,
    Labels externalLabels,
    RequestLimits limits,
    Map<String, String> flags,
    Set<String> changedFlags) {
  public EndpointConfig {
    flags = Map.copyOf(flags);
    changedFlags = Set.copyOf(changedFlags);
  }
}
