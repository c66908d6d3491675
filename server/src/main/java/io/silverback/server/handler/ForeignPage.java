package io.silverback.server.handler;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognizes requests that a web page of another site lets a browser send, which may reach servers
 * that the page's author cannot, with the credentials of the browser's user. Immutable.
 *
 * <p>A page cannot change the two headers that are looked at. {@code Sec-Fetch-Site} says how the
 * page is related to this server; browsers leave it out where they reach a server of another
 * machine without TLS. {@code Origin} is the page's own address, and comes with every request that
 * is not a GET. A client that sends neither is no browser, whatever the type of its body: {@code
 * curl -d} sends the type of a form.
 */
final class ForeignPage {
  static final HeaderName SEC_FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");

  /** "none" is the user, by the address bar or a bookmark. */
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  private static final Pattern ORIGIN = Pattern.compile("(https?)://([^/?#@]+)");

  private final Optional<Origin> external;

  /**
   * Scheme and authority of a page, as far as they tell pages apart.
   *
   * @param authority in lower case, without a port that the scheme implies
   */
  private record Origin(String scheme, String authority) {
    static Origin of(String scheme, String authority) {
      String lower = authority.toLowerCase(Locale.ROOT);
      String implied = scheme.equals("https") ? ":443" : ":80";
      return new Origin(
          scheme,
          lower.endsWith(implied) ? lower.substring(0, lower.length() - implied.length()) : lower);
    }
  }

  /**
   * Knows this server by its Host header and one more address.
   *
   * @param externalUrl where browsers find this server, empty or without a host if that is not
   *     known
   */
  ForeignPage(String externalUrl) {
    Matcher url = ORIGIN.matcher(externalUrl);
    external =
        url.lookingAt() ? Optional.of(Origin.of(url.group(1), url.group(2))) : Optional.empty();
  }

  /** True if the request comes from a page that is not of this server. */
  boolean sent(ServerRequest request) {
    List<String> sites = request.headers().all(SEC_FETCH_SITE, List::of);
    if (!sites.isEmpty()) {
      return !OWN_SITES.containsAll(sites);
    }
    return !request.headers().all(HeaderNames.ORIGIN, List::of).stream()
        .allMatch(origin -> isOwn(origin, request));
  }

  private boolean isOwn(String text, ServerRequest request) {
    Matcher parts = ORIGIN.matcher(text);
    if (!parts.matches()) {
      // Such as "null", for a page whose address the browser keeps to itself.
      return false;
    }
    var origin = Origin.of(parts.group(1), parts.group(2));
    // A request without TLS may have come through a proxy with TLS.
    boolean fitsScheme = !request.isSecure() || origin.scheme().equals("https");
    Optional<Origin> host =
        request
            .headers()
            .first(HeaderNames.HOST)
            .map(name -> Origin.of(origin.scheme(), name.strip()));
    return (fitsScheme && host.equals(Optional.of(origin))) || external.equals(Optional.of(origin));
  }
}
