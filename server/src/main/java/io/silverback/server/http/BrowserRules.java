package io.silverback.server.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;

/**
 * What a browser must not do with an answer. A header that the web configuration file has set
 * stays.
 */
public final class BrowserRules {
  public static final HeaderName POLICY = HeaderNames.create("Content-Security-Policy");

  private static final Header NO_SNIFFING =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");
  private static final Header FOR_DATA =
      HeaderValues.createCached(POLICY, "default-src 'none'; frame-ancestors 'none'");

  private BrowserRules() {}

  /** Data is no page: nothing in it may be run, loaded or framed. */
  public static void addForData(ServerResponse response) {
    add(response, FOR_DATA);
  }

  /**
   * The same for a page.
   *
   * @param policy a {@code Content-Security-Policy}
   */
  public static void add(ServerResponse response, Header policy) {
    response.headers().setIfAbsent(policy);
    response.headers().setIfAbsent(NO_SNIFFING);
  }
}
