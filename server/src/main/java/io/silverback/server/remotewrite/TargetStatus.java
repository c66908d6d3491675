package io.silverback.server.remotewrite;

import java.time.Instant;
import java.util.Optional;

/**
 * How it goes with one target of remote write. Holds no secret.
 *
 * @param url without its query
 * @param version of remote write that is sent now
 * @param lagSeconds how long ago the time is up to which the target has all samples
 * @param samples that it took
 * @param failed samples that it refused
 * @param dropped samples that were never sent, but for those that a rule dropped
 */
public record TargetStatus(
    String name,
    String url,
    String version,
    double lagSeconds,
    long samples,
    long failed,
    long dropped,
    Optional<Fault> lastFault) {
  /** The last time that a request did not do, and why. */
  public record Fault(Instant time, String reason) {}
}
