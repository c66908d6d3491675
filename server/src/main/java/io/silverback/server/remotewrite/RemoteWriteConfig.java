package io.silverback.server.remotewrite;

import io.silverback.codec.remotewrite.WriteProtocol;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One target of remote write. Immutable; two that are equal send the same to the same place.
 *
 * @param name by which the target is known, in metrics, logs, and where its place is kept
 * @param protocol what is sent as long as the target knows it
 * @param timeout of one request, its answer included
 * @param headers of each request besides those of the protocol
 * @param proxy by whose way the target is reached
 * @param meaningless keys of the file that are known and change nothing here
 */
public record RemoteWriteConfig(
    String name,
    URI url,
    WriteProtocol protocol,
    Duration timeout,
    Map<String, String> headers,
    Relabeling relabeling,
    Credentials credentials,
    Tls tls,
    Optional<InetSocketAddress> proxy,
    Metadata metadata,
    Queue queue,
    List<String> meaningless) {
  public RemoteWriteConfig {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    meaningless = List.copyOf(meaningless);
  }

  /** The address as it may be shown. */
  String shownUrl() {
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    return url.getScheme() + "://" + url.getHost() + port + path;
  }

  /** Who the server is to a target. */
  public sealed interface Credentials {
    record None() implements Credentials {}

    record Basic(Secret user, Secret password) implements Credentials {}

    /** The header {@code Authorization} with a scheme, such as {@code Bearer}. */
    record Authorization(String scheme, Secret secret) implements Credentials {}
  }

  /**
   * How https is done.
   *
   * @param authority certificates to trust instead of those of the JDK
   * @param isUnverified whether any certificate is taken
   * @param identity what is shown to a target that asks for a certificate
   * @param serverName that the target has by its certificate, if it is not that of its address
   * @param versions as the JDK names them; empty for those of the JDK
   */
  public record Tls(
      Optional<Path> authority,
      boolean isUnverified,
      Optional<IdentityFiles> identity,
      Optional<String> serverName,
      List<String> versions) {
    public static final Tls USUAL =
        new Tls(Optional.empty(), false, Optional.empty(), Optional.empty(), List.of());

    public Tls {
      versions = List.copyOf(versions);
    }
  }

  /** Where a certificate is, with those that signed it, and its private key. */
  public record IdentityFiles(Path certificate, Path key) {}

  /**
   * Whether types and help texts are sent, how often, and of how many families at once.
   *
   * <p>By remote write 2.0 they come with each series; the rest is for 1.0.
   */
  public record Metadata(boolean isSent, Duration interval, int familiesPerRequest) {
    public static final Metadata USUAL = new Metadata(true, Duration.ofMinutes(1), 2000);
  }

  /**
   * How much is sent at once, and when.
   *
   * @param fewestShards how many requests are under way at once, at least
   * @param mostShards and at most
   * @param samplesPerRequest at most
   * @param interval how long samples wait for others to be sent with
   * @param shortestBackoff before the first retry; each further one waits twice as long
   * @param oldest samples that are older are dropped; zero for none
   */
  public record Queue(
      int fewestShards,
      int mostShards,
      int samplesPerRequest,
      Duration interval,
      Duration shortestBackoff,
      Duration longestBackoff,
      boolean retriesTooMany,
      Duration oldest) {
    /** What Prometheus does unless it is told otherwise, but that 429 is answered by a retry. */
    public static final Queue USUAL =
        new Queue(
            1,
            50,
            2000,
            Duration.ofSeconds(5),
            Duration.ofMillis(30),
            Duration.ofSeconds(5),
            true,
            Duration.ZERO);
  }
}
