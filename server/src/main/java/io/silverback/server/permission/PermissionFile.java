package io.silverback.server.permission;

import io.silverback.server.log.Log;
import io.silverback.server.web.WatchedFile;
import io.silverback.server.web.WebConfig;
import io.silverback.server.yaml.ConfigException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The file of {@code --web.permissions.file}, read again whenever it changes. A file that is broken
 * changes nothing. Thread-safe.
 */
public final class PermissionFile implements Permissions {
  private static final Log log = Log.of(PermissionFile.class);

  private static final String WHAT = "permissions";
  private static final String BEARER = "Bearer ";

  private final Path path;
  private final WatchedFile watched;
  private final LongSupplier nanoClock;
  private final ReentrantLock reading = new ReentrantLock();
  private volatile Reading last;

  /** Why the file cannot be read now; empty if it can. */
  private volatile String unreadable = "";

  /** What the bytes of the file say, or what those before them said, and why. */
  private static final class Reading {
    private final byte[] content;
    private final PermissionTable table;
    private final Tokens tokens;
    private final String fault;

    private Reading(byte[] content, PermissionTable table, Tokens tokens, String fault) {
      this.content = content;
      this.table = table;
      this.tokens = tokens;
      this.fault = fault;
    }
  }

  private PermissionFile(
      Path path, WatchedFile watched, byte[] content, PermissionTable table, LongSupplier clock) {
    this.path = path;
    this.watched = watched;
    this.nanoClock = clock;
    this.last = new Reading(content, table, Tokens.of(table, clock), "");
  }

  /**
   * Opens the file and checks it wholly, with the files of tokens that it names.
   *
   * @param web what says which users there are, and which certificates are asked for
   * @throws ConfigException if the server must not start with this file; says the first fault
   */
  public static PermissionFile open(Path path, Optional<WebConfig> web) {
    return open(path, web, System::nanoTime);
  }

  static PermissionFile open(Path path, Optional<WebConfig> web, LongSupplier nanoClock) {
    var watched = new WatchedFile(path, WHAT);
    byte[] content = watched.current();
    PermissionReader.Result read =
        PermissionReader.read(path, content, Optional.of(WebUsers.of(web)));
    List<String> faults = faults(read);
    if (!faults.isEmpty()) {
      throw new ConfigException(faults.getFirst());
    }
    return new PermissionFile(path, watched, content, read.table(), nanoClock);
  }

  /** All for which {@link #open} would refuse the file, a line each. */
  public static List<String> faults(Path path, Optional<WebConfig> web) {
    return faultsOf(path, Optional.of(WebUsers.of(web)));
  }

  /** The same without those that depend on the web configuration. */
  public static List<String> faults(Path path) {
    return faultsOf(path, Optional.empty());
  }

  private static List<String> faultsOf(Path path, Optional<WebUsers> web) {
    try {
      byte[] content = new WatchedFile(path, WHAT).current();
      return faults(PermissionReader.read(path, content, web));
    } catch (ConfigException e) {
      return List.of(e.getMessage());
    }
  }

  private static List<String> faults(PermissionReader.Result read) {
    var faults = new ArrayList<>(read.faults());
    faults.addAll(Tokens.faults(read.table()));
    return List.copyOf(faults);
  }

  @Override
  public Optional<Caller> callerOf(
      String user, String authorization, Supplier<Optional<X509Certificate>> certificate) {
    Reading now = current();
    if (!user.isEmpty()) {
      return Optional.of(now.table.ofUser(user));
    }
    if (authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return now.tokens.callerOf(authorization.substring(BEARER.length()).strip());
    }
    if (!authorization.isEmpty()) {
      return Optional.empty();
    }
    Optional<Caller> shown =
        now.table.hasCertificates()
            ? certificate.get().flatMap(now.table::ofCertificate)
            : Optional.empty();
    return Optional.of(shown.orElseGet(() -> now.table.stranger("")));
  }

  @Override
  public Optional<String> challenge() {
    PermissionTable table = current().table;
    if (table.hasUsers()) {
      return Optional.of("Basic");
    }
    return table.hasTokens() ? Optional.of("Bearer") : Optional.empty();
  }

  /** False if what the file says now does not count, as it is broken. */
  public boolean isSound() {
    return current().fault.isEmpty() && unreadable.isEmpty();
  }

  private Reading current() {
    try {
      byte[] content = watched.current();
      if (!unreadable.isEmpty()) {
        unreadable = "";
        log.info("permissions can be read again", "file", path);
      }
      return last.content == content ? last : read();
    } catch (ConfigException e) {
      String found = e.getMessage();
      if (!unreadable.equals(found)) {
        unreadable = found;
        fail(found);
      }
      return last;
    }
  }

  private Reading read() {
    reading.lock();
    try {
      // Another thread may have read a newer version meanwhile.
      byte[] content = watched.current();
      if (last.content != content) {
        PermissionReader.Result read = PermissionReader.read(path, content, Optional.empty());
        last =
            read.faults().isEmpty()
                ? new Reading(content, read.table(), Tokens.of(read.table(), nanoClock), "")
                : new Reading(content, last.table, last.tokens, read.faults().getFirst());
        if (last.fault.isEmpty()) {
          log.info("permissions reloaded", "file", path, "clients", last.table.clients().size());
        } else {
          fail(last.fault);
        }
      }
      return last;
    } finally {
      reading.unlock();
    }
  }

  private static void fail(String fault) {
    log.error("permissions not reloaded, the old ones go on", "err", fault);
  }
}
