package io.silverback.server.transfer;

import io.silverback.server.transfer.Peer.Answer;
import io.silverback.server.transfer.Peer.UnexpectedAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code silverback import} or {@code silverback export}: reads the groups of a server
 * and brings each to another, one at a time.
 */
public final class Transfer {
  private static final int CONFLICT = 409;

  private final Direction direction;
  private final TransferOptions options;
  private final Peer source;
  private final Peer target;
  private final PrintStream errors;
  private final TransferReport report;

  private Transfer(Direction direction, TransferOptions options, PrintStream errors) {
    this.direction = direction;
    this.options = options;
    this.source = new Peer("--from", options.from(), options.timeout());
    this.target = new Peer("--to", options.to(), options.timeout());
    this.errors = errors;
    this.report = new TransferReport(direction);
  }

  /** True if these arguments of the process ask for a transfer. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && direction(arguments).isPresent();
  }

  /**
   * Does what the arguments ask for and returns the exit code: 0 only if every group got there.
   *
   * @param arguments the name of the command, then its flags
   * @param width of a line of help
   */
  public static int run(List<String> arguments, int width, PrintStream output, PrintStream errors) {
    Direction direction = direction(arguments).orElseThrow();
    try {
      Optional<TransferOptions> options =
          TransferOptions.parse(direction, arguments.subList(1, arguments.size()));
      if (options.isEmpty()) {
        output.print(TransferOptions.help(direction, width));
        return 0;
      }
      var transfer = new Transfer(direction, options.get(), errors);
      try {
        transfer.moveAll();
      } finally {
        transfer.report.reasons().forEach(errors::println);
        if (transfer.report.hasBegun()) {
          output.println(transfer.report.summary());
        }
      }
      return transfer.report.isComplete() ? 0 : 1;
    } catch (TransferException e) {
      errors.println("silverback " + direction.command() + ": error: " + e.getMessage());
      return 1;
    }
  }

  private static Optional<Direction> direction(List<String> arguments) {
    for (Direction direction : Direction.values()) {
      if (direction.command().equals(arguments.getFirst())) {
        return Optional.of(direction);
      }
    }
    return Optional.empty();
  }

  private void moveAll() {
    ExactMetrics exact = exactMetrics();
    try (var groups = new GroupReader(groups(), exact)) {
      report.begin();
      for (Optional<StoredGroup> group = groups.next(); group.isPresent(); group = groups.next()) {
        move(group.get());
      }
    } catch (IOException e) {
      throw source.fault(e);
    }
  }

  private void move(StoredGroup group) {
    boolean hadOnlyFailures = group.pushSeconds() == 0;
    if (group.fault().isPresent()) {
      report.refused(group.key(), group.fault().get());
      return;
    }
    if (!direction.isImport() && hadOnlyFailures) {
      report.skipped();
      return;
    }
    String endpoint = direction.isImport() ? "/api/v1/admin/restore" : "/metrics";
    byte[] body = direction.isImport() ? group.restored() : group.pushed();
    Answer answer =
        target.put(endpoint + GroupPath.of(group.key()), StoredGroup.CONTENT_TYPE, body);
    if (answer.isSuccess()) {
      report.moved();
      return;
    }
    switch (answer.status()) {
      case 401, 403 -> throw target.locked(answer.status());
      case 404, 405 -> throw new TransferException(target + ": " + missingEndpoint(answer));
      case CONFLICT -> report.skipped();
      default -> report.refused(group.key(), answer.text() + " (status " + answer.status() + ")");
    }
  }

  private String missingEndpoint(Answer answer) {
    String advice =
        direction.isImport()
            ? "the server of --to restores no groups, start Silverback there with"
                + " --web.enable-admin-api"
            : "the server of --to takes no pushes, change --to";
    return advice + ": status=" + answer.status();
  }

  private InputStream groups() {
    try {
      return source.get("/api/v1/metrics", "application/json");
    } catch (UnexpectedAnswer e) {
      throw switch (e.status()) {
        case 401, 403 -> source.locked(e.status());
        case 404 ->
            new TransferException(
                source
                    + ": the server of --from has no /api/v1/metrics, change --from, or update a"
                    + " Pushgateway that is older than 1.0 first");
        default -> new TransferException(source + ": cannot list the groups: " + e.getMessage());
      };
    }
  }

  /** Goes on without, where the page is somewhere else or cannot be shown. */
  private ExactMetrics exactMetrics() {
    var exact = new ExactMetrics(options.maxExactSeries());
    try (InputStream page =
        source.get("/metrics", StoredGroup.CONTENT_TYPE + "; escaping=allow-utf-8")) {
      exact.read(page);
      if (!exact.isWhole()) {
        warn("more than --max-exact-series=" + options.maxExactSeries() + " metrics have them");
      }
    } catch (UnexpectedAnswer e) {
      if (e.status() == 401) {
        throw source.locked(e.status());
      }
      warn("the scrape page of --from cannot be read: " + e.getMessage());
    } catch (MalformedAnswerException e) {
      warn(e.getMessage());
    } catch (IOException e) {
      throw source.fault(e);
    }
    return exact;
  }

  private void warn(@Nullable String reason) {
    errors.println(
        "warning: exemplars, created timestamps and native histograms may get lost: " + reason);
  }
}
