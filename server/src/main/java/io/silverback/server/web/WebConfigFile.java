package io.silverback.server.web;

import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.YamlDocument;
import io.silverback.server.yaml.YamlSection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code --web.config.file}, read again whenever it changes. Thread-safe.
 *
 * <p>Users, headers, the rate limit and all of TLS but whether there is any follow the file.
 * Whether connections are encrypted is settled by {@link #open}.
 */
public final class WebConfigFile {
  private static final String WHAT = "web configuration";

  private final Path path;
  private final WatchedFile watched;
  private final Optional<CurrentTls> tls;
  private volatile Reading last;

  private WebConfigFile(Path path) {
    this.path = path;
    this.watched = new WatchedFile(path, WHAT);
    this.last = Reading.of(path, watched.current());
    this.tls = last.config().tls().enabled() ? Optional.of(openTls()) : Optional.empty();
  }

  /**
   * Opens the file and checks it wholly, with the certificates and keys that it names.
   *
   * @throws ConfigException if the server must not start with this file
   */
  public static WebConfigFile open(Path path) {
    var file = new WebConfigFile(path);
    file.last.config().users().forEach((name, hash) -> requireWellFormed(path, name, hash));
    return file;
  }

  /**
   * All for which {@link #open} would refuse the file, a line each. One fault may hide another only
   * within a section, or in the file that both are in.
   */
  public static List<String> faults(Path path) {
    var faults = new ArrayList<String>();
    attempt(faults, () -> faultsOfContent(path, faults));
    return List.copyOf(faults);
  }

  private static void faultsOfContent(Path path, List<String> faults) {
    byte[] content = new WatchedFile(path, WHAT).current();
    YamlSection root = YamlSection.root(path, YamlDocument.read(path, content));
    WebConfigReader.sections(path, root).forEach(section -> attempt(faults, section));
    Reading reading = Reading.of(path, content);
    if (reading.config == null) {
      return;
    }
    TlsFiles tls = reading.config.tls();
    int before = faults.size();
    readable(tls.certificate(), "cert_file", faults);
    readable(tls.key(), "key_file", faults);
    readable(tls.clientCa(), "client_ca_file", faults);
    if (tls.enabled() && faults.size() == before) {
      attempt(faults, () -> new CurrentTls(path, () -> tls).policy());
    }
  }

  private static void readable(PemSource source, String key, List<String> faults) {
    if (source instanceof PemSource.InFile(var file)) {
      attempt(faults, () -> new WatchedFile(file, key).current());
    }
  }

  private static void attempt(List<String> faults, Runnable look) {
    try {
      look.run();
    } catch (ConfigException e) {
      faults.add(e.getMessage());
    }
  }

  /**
   * What the file says now.
   *
   * @throws ConfigException if it cannot be read or has become invalid
   */
  public WebConfig current() {
    byte[] content = watched.current();
    Reading reading = last;
    if (reading.content != content) {
      reading = Reading.of(path, content);
      last = reading;
    }
    return reading.config();
  }

  /**
   * The way to encrypt connections; empty if the file asked for none when it was opened.
   *
   * <p>Every new server engine or socket of this context follows the file, the certificates, keys
   * and client CAs of that moment, and its client authentication, protocols, cipher suites and
   * curves cannot be set otherwise. What is invalid by then is refused with a {@link
   * ConfigException}; only a key pair that cannot be read is an error in the log while the one
   * before it serves on, since its two files are never renewed at the same instant.
   *
   * @param failures is told of each connection that is refused for that
   */
  public Optional<SSLContext> sslContext(HandshakeFailures failures) {
    return tls.map(current -> FollowingSslContext.of(current, failures));
  }

  static void requireWellFormed(Path path, String name, PasswordHash hash) {
    if (!hash.isWellFormed()) {
      throw ConfigException.inLine(
          path, hash.line(), "basic_auth_users." + name, "not a bcrypt hash");
    }
  }

  private CurrentTls openTls() {
    var opened = new CurrentTls(path, () -> current().tls());
    opened.policy();
    return opened;
  }

  /** What was made of some bytes of the file: a configuration, or why there is none. */
  private static final class Reading {
    final byte[] content;
    private final @Nullable WebConfig config;
    private final String fault;

    private Reading(byte[] content, @Nullable WebConfig config, String fault) {
      this.content = content;
      this.config = config;
      this.fault = fault;
    }

    static Reading of(Path path, byte[] content) {
      try {
        return new Reading(content, WebConfigReader.read(path, content), "");
      } catch (ConfigException e) {
        return new Reading(content, null, e.getMessage());
      }
    }

    WebConfig config() {
      if (config == null) {
        throw new ConfigException(fault);
      }
      return config;
    }
  }
}
