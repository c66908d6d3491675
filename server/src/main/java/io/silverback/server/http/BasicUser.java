package io.silverback.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The name that a client gave with basic authentication, for audit lines. */
public final class BasicUser {
  private static final String SCHEME = "Basic ";

  private BasicUser() {}

  /** The user name in an Authorization header, empty if there is none to read. */
  public static String nameIn(String authorization) {
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return "";
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(authorization.substring(SCHEME.length()).strip());
      String credentials = new String(decoded, StandardCharsets.UTF_8);
      return credentials.substring(0, Math.max(0, credentials.indexOf(':')));
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
