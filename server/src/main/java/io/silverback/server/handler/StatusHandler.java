package io.silverback.server.handler;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.silverback.server.http.BrowserRules;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.metrics.BuildInfo;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.writers.WriterWatch;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The page at {@code /}. Its scripts show all there is; for browsers without scripts, and for
 * scripts without a browser, it says what this server is and where its endpoints are.
 */
final class StatusHandler {
  private static final int MOST_CONFLICTS = 20;
  private static final int MOST_SHOWN = 1000;

  /** Scripts, styles and data of this server alone, and no text that becomes markup or a script. */
  private static final Header POLICY =
      HeaderValues.createCached(
          BrowserRules.POLICY,
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
              + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
              + "require-trusted-types-for 'script'; trusted-types 'none'");

  /** The page names the files of this version. */
  private static final Header NOT_KEPT =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");

  private final MetricStore store;
  private final Map<String, String> flags;
  private final LimitBoard board;
  private final WriterWatch writers;
  private final Supplier<Optional<String>> outage;
  private final BuildInfo build;
  private final Instant startTime;
  private final String externalPrefix;
  private final String telemetryPath;
  private final PageFiles files;

  /**
   * The page of a server.
   *
   * @param outage what of the cluster is not served, in a sentence; empty if all is
   */
  StatusHandler(
      MetricStore store,
      EndpointConfig settings,
      LimitBoard board,
      WriterWatch writers,
      Supplier<Optional<String>> outage,
      BuildInfo build,
      Instant startTime,
      PageFiles files) {
    this.files = files;
    this.store = store;
    this.board = board;
    this.writers = writers;
    this.outage = outage;
    this.flags = new TreeMap<>(settings.flags());
    this.build = build;
    this.startTime = startTime;
    this.externalPrefix = settings.externalPrefix();
    this.telemetryPath = settings.telemetryPath();
  }

  Endpoint endpoint() {
    return (_, response, _) -> {
      BrowserRules.add(response, POLICY);
      response.header(NOT_KEPT);
      response.status(200).header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
      response.send(page());
    };
  }

  private String flagRows() {
    var rows = new StringBuilder();
    flags.forEach(
        (name, value) ->
            rows.append("<tr><th>--")
                .append(escape(name))
                .append("</th><td>")
                .append(escape(value))
                .append("</td></tr>\n"));
    return rows.toString();
  }

  private String limitRows() {
    var rows = new StringBuilder();
    for (LimitBoard.Row row : board.rows()) {
      rows.append(
          "<tr><th>--%s</th><td>%d</td><td>%s</td><td>%d</td></tr>\n"
              .formatted(
                  escape(row.flag()),
                  row.used().orElse(0),
                  row.wholeMost() == 0 ? "any" : Long.toString(row.wholeMost()),
                  row.refused()));
    }
    return rows.toString();
  }

  /** Empty if all is well, as it mostly is. */
  private String conflicts() {
    int count = writers.conflictCount();
    if (count == 0) {
      return "";
    }
    var rows = new StringBuilder();
    for (WriterWatch.Conflict conflict : writers.conflicts(MOST_CONFLICTS)) {
      rows.append(
          "<tr><th>%s</th><td>%s</td><td>%s</td><td>%s</td></tr>\n"
              .formatted(
                  escape(shortened(conflict.key().toString())),
                  escape(String.join(", ", conflict.names())),
                  conflict.evidence().label(),
                  Instant.ofEpochMilli(conflict.sinceMillis())));
    }
    return """
        <h2>Writer conflicts</h2>
        <p>%d groups are written by several clients in turn, which overwrite one another.</p>
        <table>
        <tr><th>group</th><th>last writers</th><th>evidence</th><th>since</th></tr>
        %s</table>
        """
        .formatted(count, rows);
  }

  private String outage() {
    return outage
        .get()
        .map(text -> "<h2>Outage</h2>\n<p>%s</p>\n".formatted(escape(text)))
        .orElse("");
  }

  private String page() {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="robots" content="noindex,nofollow">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Silverback</title>
        %s</head>
        <body>
        <div id="app"></div>
        <noscript>
        <main>
        <h1>Silverback</h1>
        <p>Version %s, up since %s, %d groups are <a href="%s">stale</a>.</p>
        <ul>
        <li><a href="%s">Metrics</a> as Prometheus scrapes them</li>
        <li><a href="%s">Groups</a> as JSON</li>
        <li><a href="%s">Status</a> as JSON</li>
        </ul>
        %s%s<h2>Limits</h2>
        <table>
        <tr><th>limit</th><th>used</th><th>most</th><th>refused</th></tr>
        %s</table>
        <h2>Flags</h2>
        <table>
        %s</table>
        </main>
        </noscript>
        </body>
        </html>
        """
        .formatted(
            files.links(escape(externalPrefix)),
            escape(build.version()),
            startTime,
            store.statistics().staleGroups(),
            escape(externalPrefix + "/api/v1/metrics?stale=true"),
            escape(externalPrefix + telemetryPath),
            escape(externalPrefix + "/api/v1/metrics"),
            escape(externalPrefix + "/api/v1/status"),
            outage(),
            conflicts(),
            limitRows(),
            flagRows());
  }

  private static String shortened(String text) {
    return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "...";
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
