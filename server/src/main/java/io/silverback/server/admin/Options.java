package io.silverback.server.admin;

import io.silverback.server.flags.Spelling;
import io.silverback.server.yaml.GoDuration;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line of a subcommand.
 *
 * @param words what is given besides flags
 * @param url of the server that is asked
 * @param caFile the certificates to trust; empty for those of the JDK
 * @param timeout how long the command may take, or each answer of one that does not wait
 * @param json whether to print what the server says as it is
 * @param members how many there have to be; 0 for any number
 * @param force whether to do without a majority
 */
record Options(
    List<String> words,
    URI url,
    String caFile,
    Duration timeout,
    boolean json,
    int members,
    boolean force) {
  private static final String URL = "--url";
  private static final String CA_FILE = "--ca-file";
  private static final String TIMEOUT = "--timeout";
  private static final String JSON = "--json";
  private static final String MEMBERS = "--members";
  private static final String FORCE = "--force";
  private static final String HERE = "http://localhost:9091";
  private static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

  /** Where the descriptions begin; the longest flag fits before. */
  private static final int FLAGS_WIDTH = 24;

  /** Not seen in an error. */
  private static final int ANY_WIDTH = 80;

  /**
   * Reads what comes after the name of the subcommand.
   *
   * @return empty if help was asked for
   */
  static Optional<Options> parse(Subcommand command, List<String> arguments) {
    CommandSpec specification = specification(command, ANY_WIDTH);
    ParseResult parsed;
    try {
      parsed =
          new CommandLine(specification)
              .setExpandAtFiles(false)
              .parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.UnmatchedArgumentException e) {
      throw usage(command, unknown(e.getUnmatched().getFirst(), specification));
    } catch (CommandLine.ParameterException e) {
      throw usage(command, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
    if (parsed.hasMatchedOption("--help")) {
      return Optional.empty();
    }
    List<String> words = parsed.matchedPositionalValue(0, List.<String>of());
    boolean isOwner = command == Subcommand.OWNER;
    if (isOwner && (words.isEmpty() || !words.stream().allMatch(word -> word.indexOf('=') > 0))) {
      throw usage(command, "owner needs labels such as job=backup");
    }
    if (!isOwner && !command.parameters().isEmpty() && words.size() != 1) {
      throw usage(command, command.word() + " needs the name of one member");
    }
    return Optional.of(
        command.isOfServer()
            ? new Options(
                words,
                address(URL, text(parsed, URL)),
                text(parsed, CA_FILE),
                timeout(text(parsed, TIMEOUT)),
                parsed.hasMatchedOption(JSON),
                command == Subcommand.WAIT_SETTLED ? count(text(parsed, MEMBERS)) : 0,
                command == Subcommand.FORGET && parsed.hasMatchedOption(FORCE))
            : new Options(words, URI.create(HERE), "", Duration.ZERO, false, 0, false));
  }

  private static AdminException usage(Subcommand command, String reason) {
    return AdminException.wrongUsage(reason + ", try cluster " + command.word() + " --help");
  }

  private static String unknown(String argument, CommandSpec specification) {
    String given = argument.split("=", 2)[0];
    List<String> known = specification.options().stream().map(OptionSpec::longestName).toList();
    String hint =
        given.startsWith("-")
            ? Spelling.closest(given, known).map(it -> ", did you mean " + it + "?").orElse("")
            : "";
    return "unexpected '" + Table.printable(given) + "'" + hint;
  }

  /** The help, in lines that are at most that long. */
  static String help(Subcommand command, int width) {
    return new CommandLine(specification(command, width))
        .getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  private static CommandSpec specification(Subcommand command, int width) {
    String name = "silverback cluster " + command.word();
    String parameters = command.parameters().isEmpty() ? "" : " " + command.parameters();
    var specification = CommandSpec.create().name(name);
    specification.usageMessage(
        new UsageMessageSpec()
            .customSynopsis(name + parameters + " [<flags>]")
            .synopsisHeading("usage: ")
            .description("%n" + command.description() + "%n")
            .optionListHeading("Flags:%n")
            .footer(
                "%nAn argument @FILE is replaced by the lines of that file, one argument a line.")
            .sortOptions(false)
            .longOptionsMaxWidth(FLAGS_WIDTH)
            .width(width));
    if (!command.parameters().isEmpty()) {
      specification.addPositional(
          PositionalParamSpec.builder()
              .paramLabel(command.parameters())
              .index("0..*")
              .arity("0..*")
              .type(List.class)
              .auxiliaryTypes(String.class)
              .hidden(true)
              .build());
    }
    specification.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
    if (!command.isOfServer()) {
      return specification;
    }
    specification.addOption(
        flag(URL, HERE, "URL of any server of the cluster; user:password@ goes before the host."));
    specification.addOption(
        flag(CA_FILE, "", "Certificates to trust for https, as PEM; without it those of the JDK."));
    specification.addOption(
        command.waits()
            ? flag(TIMEOUT, "10m", "How long to wait.")
            : flag(TIMEOUT, "60s", "How long to wait for the answer."));
    if (command == Subcommand.WAIT_SETTLED) {
      specification.addOption(
          flag(MEMBERS, "0", "How many members there have to be; 0 for any number."));
    }
    if (command == Subcommand.FORGET) {
      specification.addOption(
          word(
              FORCE,
              "Give the member up that is lost for good together with a majority of the voters, on"
                  + " a server that is left; see what that may lose."));
    }
    specification.addOption(word(JSON, "Print what the server says as it is."));
    return specification;
  }

  private static OptionSpec word(String name, String help) {
    return OptionSpec.builder(name).type(Boolean.class).arity("0").description(help).build();
  }

  private static OptionSpec flag(String name, String standard, String help) {
    String shown = standard.isEmpty() ? "" : " (default: " + standard + ")";
    return OptionSpec.builder(name)
        .type(String.class)
        .paramLabel("VALUE")
        .defaultValue(standard)
        .description(help + shown)
        .build();
  }

  private static String text(ParseResult parsed, String name) {
    return parsed.matchedOptionValue(
        name, String.valueOf(parsed.commandSpec().findOption(name).defaultValue()));
  }

  static URI address(String flag, String given) {
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
    throw AdminException.wrongUsage(
        flag + " must be a URL such as http://gateway:9091 or https://user:password@host/prefix");
  }

  private static Duration timeout(String given) {
    return GoDuration.parse(given)
        .filter(duration -> duration.toMillis() > 0 && duration.compareTo(LONGEST_TIMEOUT) <= 0)
        .orElseThrow(
            () ->
                AdminException.wrongUsage(
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
    throw AdminException.wrongUsage(MEMBERS + " must be a number from 0: members=" + given);
  }
}
