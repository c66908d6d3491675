package io.silverback.server.transfer;

import io.silverback.server.yaml.GoDuration;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line of a transfer.
 *
 * @param from the server whose groups are read
 * @param to the server that gets them
 * @param timeout how long to wait for a connection, and for each part of an answer
 * @param maxExactSeries how many metrics are kept in memory that JSON cannot tell
 */
record TransferOptions(URI from, URI to, Duration timeout, int maxExactSeries) {
  private static final String FROM = "--from";
  private static final String TO = "--to";
  private static final String TIMEOUT = "--timeout";
  private static final String MAX_EXACT_SERIES = "--max-exact-series";
  private static final String HERE = "http://localhost:9091";
  private static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

  /** Where the descriptions begin; the longest flag fits before. */
  private static final int FLAGS_WIDTH = 32;

  /** Not seen in an error. */
  private static final int ANY_WIDTH = 80;

  /**
   * Reads what comes after the name of the command.
   *
   * @return empty if help was asked for
   */
  static Optional<TransferOptions> parse(Direction direction, List<String> arguments) {
    ParseResult parsed;
    try {
      parsed =
          new CommandLine(specification(direction, ANY_WIDTH))
              .parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new TransferException(reason + ", try " + direction.command() + " --help");
    }
    if (parsed.hasMatchedOption("--help")) {
      return Optional.empty();
    }
    return Optional.of(
        new TransferOptions(
            address(FROM, text(parsed, FROM)),
            address(TO, text(parsed, TO)),
            timeout(text(parsed, TIMEOUT)),
            count(text(parsed, MAX_EXACT_SERIES))));
  }

  /** The help, in lines that are at most that long. */
  static String help(Direction direction, int width) {
    return new CommandLine(specification(direction, width))
        .getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  private static CommandSpec specification(Direction direction, int width) {
    var command = CommandSpec.create().name("silverback " + direction.command());
    command.usageMessage(
        new UsageMessageSpec()
            .customSynopsis("silverback " + direction.command() + " [<flags>]")
            .synopsisHeading("usage: ")
            .description("%n" + direction.description() + "%n")
            .optionListHeading("Flags:%n")
            .footer(
                "%nAn argument @FILE is replaced by the lines of that file, one argument a line.")
            .sortOptions(false)
            .longOptionsMaxWidth(FLAGS_WIDTH)
            .width(width));
    command.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
    command.addOption(
        flag(FROM, direction.isImport() ? "" : HERE, "URL of the server to read the groups of."));
    command.addOption(
        flag(TO, direction.isImport() ? HERE : "", "URL of the server to bring the groups to."));
    command.addOption(
        flag(TIMEOUT, "60s", "How long to wait for a connection and each part of an answer."));
    command.addOption(
        flag(
            MAX_EXACT_SERIES,
            "100000",
            "How many metrics to keep in memory of which JSON does not tell all."));
    return command;
  }

  private static OptionSpec flag(String name, String standard, String help) {
    var option = OptionSpec.builder(name).type(String.class).paramLabel("VALUE");
    return standard.isEmpty()
        ? option.required(true).description(help + " Required.").build()
        : option.defaultValue(standard).description(help + " (default: " + standard + ")").build();
  }

  private static String text(ParseResult parsed, String name) {
    return parsed.matchedOptionValue(
        name, String.valueOf(parsed.commandSpec().findOption(name).defaultValue()));
  }

  private static URI address(String flag, String given) {
    try {
      URI address = URI.create(given);
      boolean isHttp = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
      if (isHttp && address.getHost() != null) {
        return address;
      }
    } catch (IllegalArgumentException _) {
      // The same answer as to a URL of another kind.
    }
    // Without the value, which may hold a password.
    throw new TransferException(
        flag + " must be a URL such as http://old:9091 or https://user:password@host/prefix");
  }

  private static Duration timeout(String given) {
    return GoDuration.parse(given)
        .filter(duration -> duration.toMillis() > 0 && duration.compareTo(LONGEST_TIMEOUT) <= 0)
        .orElseThrow(
            () ->
                new TransferException(
                    TIMEOUT + " must be a duration from 1ms to 24h such as 60s: timeout=" + given));
  }

  private static int count(String given) {
    try {
      int count = Integer.parseInt(given);
      if (count >= 0) {
        return count;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a negative number.
    }
    throw new TransferException(
        MAX_EXACT_SERIES + " must be a number from 0: max-exact-series=" + given);
  }
}
