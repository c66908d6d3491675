package io.silverback.server.metrics;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;

/**
 * What this build says of itself, on the command line, the status page and in its own metrics.
 *
 * @param version the release
 * @param revision the git commit, {@code unknown} where the build had none to read
 * @param branch the git branch, likewise
 * @param buildUser who built it
 * @param buildDate the commit's time in UTC as {@code yyyyMMdd-HH:mm:ss}
 * @param javaVersion the Java that runs it, such as {@code 25.0.3}
 */
public record BuildInfo(
    String version,
    String revision,
    String branch,
    String buildUser,
    String buildDate,
    String javaVersion) {

  private static final String RESOURCE = "build.properties";

  /** The build that is running. */
  public static BuildInfo current() {
    var properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("build resource is missing: resource=" + RESOURCE);
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("build resource is unreadable: resource=" + RESOURCE, e);
    }
    return new BuildInfo(
        properties.getProperty("version", "unknown"),
        properties.getProperty("revision", "unknown"),
        properties.getProperty("branch", "unknown"),
        properties.getProperty("buildUser", "unknown"),
        properties.getProperty("buildDate", "unknown"),
        System.getProperty("java.version"));
  }

  /** Stands where upstream names its Go version, such as {@code java25.0.3}. */
  public String goVersion() {
    return "java" + javaVersion;
  }

  /** The platform in Go's words, such as {@code linux/amd64}. */
  public String platform() {
    return Platform.current().toString();
  }

  /** What {@code --version} prints, without the last line break. */
  public String versionText() {
    // upstream: version.Print of prometheus/common; tools look for the first line's start.
    return """
        pushgateway, version %s (branch: %s, revision: %s)
          implementation:   Silverback, a drop-in replacement for the Prometheus Pushgateway
          build user:       %s
          build date:       %s
          java version:     %s
          platform:         %s"""
        .formatted(version, branch, revision, buildUser, buildDate, javaVersion, platform());
  }

  /** The version in one line, as the first line of the log shows it. */
  public String summary() {
    return "(version=" + version + ", branch=" + branch + ", revision=" + revision + ")";
  }

  /** Where and with what it was built, in one line, for the log. */
  public String context() {
    return "(java=%s, platform=%s, user=%s, date=%s)"
        .formatted(javaVersion, platform(), buildUser, buildDate);
  }

  /** What the status API shows, under upstream's names. */
  public Map<String, String> fields() {
    return Map.of(
        "version", version,
        "revision", revision,
        "branch", branch,
        "buildUser", buildUser,
        "buildDate", buildDate,
        "goVersion", goVersion());
  }
}
