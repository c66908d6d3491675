package io.silverback.server.web;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import io.silverback.server.yaml.ConfigException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * What stands before every handler: the rate limit, the extra headers and the users, as the file
 * has them at the moment of the request. Thread-safe; may block while a password is checked.
 */
public final class AccessControl implements Guard {
  private static final System.Logger logger = System.getLogger(AccessControl.class.getName());

  /** What becomes of a request without a name and a password, where there are users. */
  public enum Unnamed {
    /** It gets 401, as upstream has it. */
    REFUSED,
    /** Whether it may do what it asks for is decided later. */
    ADMITTED
  }

  private final WebConfigFile file;
  private final Unnamed unnamed;
  private final BasicAuth basicAuth;
  private final LongSupplier nanoClock;
  private final AtomicReference<Limiter> limiter;
  private final AtomicReference<String> loggedFault = new AtomicReference<>("");

  /**
   * Guards by the file.
   *
   * @param patience how long a request waits while other passwords are checked
   */
  public AccessControl(WebConfigFile file, Unnamed unnamed, Duration patience) {
    this(file, unnamed, new BasicAuth(patience), System::nanoTime);
  }

  AccessControl(WebConfigFile file, Unnamed unnamed, BasicAuth basicAuth, LongSupplier nanoClock) {
    this.file = file;
    this.unnamed = unnamed;
    this.basicAuth = basicAuth;
    this.nanoClock = nanoClock;
    this.limiter = new AtomicReference<>(limiterFor(file.current().rate()));
  }

  @Override
  public Admission admit(String authorization, InetAddress client) {
    WebConfig config;
    try {
      config = file.current();
    } catch (ConfigException e) {
      logFault(e.getMessage());
      return refusal(500, "Internal Server Error", Map.of());
    }
    logRecovery();
    // upstream: handler.go counts a request before it looks at the user, and sets no headers then.
    if (config.rate().enabled() && !limit(config.rate()).allow()) {
      return refusal(429, "Too Many Requests", Map.of());
    }
    Map<String, String> headers = config.http().headers();
    if (config.users().isEmpty()
        || (unnamed == Unnamed.ADMITTED && !BasicAuth.isMeant(authorization))) {
      return new Admission.Admitted(headers, "");
    }
    return switch (basicAuth.verify(authorization, config.users(), client)) {
      case ACCEPTED -> new Admission.Admitted(headers, BasicAuth.userIn(authorization));
      case REFUSED ->
          refusal(401, "Unauthorized", with(headers, Map.of("WWW-Authenticate", "Basic")));
      case BUSY ->
          refusal(
              503,
              "Too many passwords are being checked, try again later",
              with(headers, Map.of("Retry-After", "1")));
    };
  }

  private RateLimit limit(WebConfig.Rate rate) {
    return limiter.updateAndGet(current -> current.rate.equals(rate) ? current : limiterFor(rate))
        .limit;
  }

  private Limiter limiterFor(WebConfig.Rate rate) {
    return new Limiter(rate, new RateLimit(rate, nanoClock));
  }

  private record Limiter(WebConfig.Rate rate, RateLimit limit) {}

  /** Once for each fault, not for each request. */
  private void logFault(String fault) {
    if (!loggedFault.getAndSet(fault).equals(fault)) {
      logger.log(ERROR, "every request is refused, the web configuration is invalid: {0}", fault);
    }
  }

  private void logRecovery() {
    if (!loggedFault.get().isEmpty() && !loggedFault.getAndSet("").isEmpty()) {
      logger.log(INFO, "the web configuration is valid again");
    }
  }

  private static Admission refusal(int status, String text, Map<String, String> headers) {
    // upstream: Go's http.Error sets these two.
    Map<String, String> plain =
        Map.of("Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff");
    return new Admission.Refused(status, with(headers, plain), text + "\n");
  }

  private static Map<String, String> with(Map<String, String> headers, Map<String, String> more) {
    var all = new LinkedHashMap<>(headers);
    all.putAll(more);
    return Collections.unmodifiableMap(all);
  }
}
