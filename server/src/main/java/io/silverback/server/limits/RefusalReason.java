package io.silverback.server.limits;

import java.util.Locale;

/** Why requests are refused, other than for a limit. */
public enum RefusalReason {
  /** No HTTP, or a body that its client broke off. */
  MALFORMED_REQUEST,
  /** A path with broken escapes. */
  MALFORMED_PATH,
  /** 404. */
  UNKNOWN_PATH,
  /** 405. */
  WRONG_METHOD,
  /** The path of a push or a deletion has no valid grouping key. */
  MALFORMED_KEY,
  /** A push that cannot be inflated or parsed, or a form that cannot be read. */
  MALFORMED_BODY,
  /** A parameter after the question mark, or in a form. */
  MALFORMED_PARAMETER,
  /** The consistency check refused a push. */
  INCONSISTENT,
  /** A restore of a group that is as new here. */
  OUTDATED,
  /** This server may not answer for groups now. */
  NOT_READY,
  /** No leader of the group answered in time. */
  UNAVAILABLE,
  SHUTTING_DOWN,
  /** Without valid credentials. */
  UNAUTHORIZED,
  /** The client does not have the right that it needs. */
  FORBIDDEN,
  /** The client may change groups, but not this one. */
  FORBIDDEN_GROUP,
  /** More requests a second than the web configuration allows. */
  RATE_LIMIT,
  /** Too many passwords wait for their check. */
  PASSWORDS_BUSY,
  /** The web configuration is not valid any more, so nobody is let in. */
  INVALID_WEB_CONFIG,
  /** Sent by a web page of another site. */
  FOREIGN_PAGE,
  /** A flag would have to allow it. */
  DISABLED;

  /** As metrics show it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
