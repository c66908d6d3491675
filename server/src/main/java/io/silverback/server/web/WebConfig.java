package io.silverback.server.web;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a web configuration file says. Immutable, and printed without secrets.
 *
 * @param tls the TLS section; not {@link TlsFiles#enabled() enabled} if nothing was said
 * @param users password hashes by user name; empty if nobody has to log in
 * @param rate the rate limit; not {@link Rate#enabled() enabled} if nothing was said
 */
public record WebConfig(TlsFiles tls, Http http, Map<String, PasswordHash> users, Rate rate) {

  public WebConfig {
    users = Map.copyOf(users);
  }

  /**
   * What is said about HTTP itself.
   *
   * @param http2 whether HTTP/2 may be offered; it is ever offered over TLS only
   * @param headers to be set on every response, in the order of the file
   */
  public record Http(boolean http2, Map<String, String> headers) {
    public Http {
      headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }
  }

  /**
   * A token bucket's settings.
   *
   * @param interval in which one request becomes possible; zero means no limit
   * @param burst how many requests are possible at once; 0 lets none through
   */
  public record Rate(Duration interval, int burst) {
    public Rate {
      if (interval.isNegative() || burst < 0) {
        throw new IllegalArgumentException(
            "rate limit must not be negative: interval=" + interval + " burst=" + burst);
      }
    }

    /** True if requests are limited at all. */
    public boolean enabled() {
      return !interval.isZero();
    }
  }
}
