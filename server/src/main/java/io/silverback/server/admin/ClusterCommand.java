package io.silverback.server.admin;

import io.silverback.server.admin.Conversation.Reply;
import io.silverback.server.yaml.GoDuration;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** One run of {@code silverback cluster}: asks a server, and prints what it says. */
public final class ClusterCommand {
  private static final String COMMAND = "cluster";
  private static final List<String> HELP = List.of("-h", "--help", "help");
  private static final int SECRET_BYTES = 32;

  private static final String USAGE =
      """
      usage: silverback cluster COMMAND [<flags>]

      Asks and tells a running cluster, through any of its nodes.

        status        how the whole cluster stands
        members       who its members are
        ring          how the slots are spread
        owner         where a group is
        drain         move all groups off a node
        undrain       take a drain back
        forget        remove a node that is gone for good
        repair        compare all copies now
        rebalance     let slots go to where they should be
        wait-settled  wait until the next node may be touched
        new-secret    print a secret for --cluster.secret-file

      silverback cluster COMMAND --help lists the flags.
      Those that change something need servers that were
      started with --web.enable-admin-api.

      Ends with 0 if all is fine, 1 if the command failed, 2 if
      it was wrongly used, 3 if status says that an operator
      should look, 4 if what was waited for did not come.
      """;

  private final Subcommand command;
  private final Options options;
  private final Conversation conversation;
  private final Report report;
  private final PrintStream output;
  private final PrintStream errors;

  /** The view in which the last look found all settled; empty for none. */
  private String settledIn = "";

  private List<String> toldRisks = List.of();

  private ClusterCommand(
      Subcommand command,
      Options options,
      Conversation conversation,
      Report report,
      PrintStream output,
      PrintStream errors) {
    this.command = command;
    this.options = options;
    this.conversation = conversation;
    this.report = report;
    this.output = output;
    this.errors = errors;
  }

  /** True if these arguments of the process ask for it. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && arguments.getFirst().equals(COMMAND);
  }

  /**
   * Does what the arguments ask for and returns the exit code.
   *
   * @param arguments the name of the command, that of the subcommand, then what belongs to it
   * @param width of a line of help
   * @param hasColours whether the output is a terminal that should show them
   */
  public static int run(
      List<String> arguments,
      int width,
      boolean hasColours,
      PrintStream output,
      PrintStream errors) {
    if (arguments.size() == 1) {
      errors.print(USAGE);
      return ExitCode.WRONG_USAGE;
    }
    if (HELP.contains(arguments.get(1))) {
      output.print(USAGE);
      return ExitCode.FINE;
    }
    try {
      Subcommand command = Subcommand.of(arguments.get(1));
      Optional<Options> options = Options.parse(command, arguments.subList(2, arguments.size()));
      if (options.isEmpty()) {
        output.print(Options.help(command, width));
        return ExitCode.FINE;
      }
      var report = new Report(hasColours);
      try (var server = new Server(options.get().url(), Trust.of(options.get().caFile()))) {
        var conversation = new Conversation(server);
        return new ClusterCommand(command, options.get(), conversation, report, output, errors)
            .run();
      }
    } catch (AdminException e) {
      errors.println("silverback cluster: error: " + e.getMessage());
      return e.exitCode();
    }
  }

  private int run() {
    return switch (command) {
      case STATUS -> show("/status", report::status, ClusterCommand::needsOperator);
      case MEMBERS -> show("/members", report::members, _ -> ExitCode.FINE);
      case RING -> show("/ring", report::ring, _ -> ExitCode.FINE);
      case OWNER -> show("/owner?" + query(options.words()), report::owner, _ -> ExitCode.FINE);
      case DRAIN -> await("POST", timed(member() + "/drain"), false, ClusterCommand::undrained);
      case UNDRAIN -> await("DELETE", timed(member() + "/drain"), false, _ -> "");
      case FORGET ->
          options.force()
              ? await("DELETE", forced(timed(member())), false, this::ungiven)
              : await("DELETE", timed(member()), false, _ -> "");
      case REPAIR -> send("/repair", "all leaders compare their copies now");
      case REBALANCE -> send("/rebalance", "slots go to where they should be");
      case WAIT_SETTLED -> await("GET", _ -> "/status", true, this::unsettled);
      case NEW_SECRET -> {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        output.println(Base64.getEncoder().encodeToString(secret));
        yield ExitCode.FINE;
      }
    };
  }

  /** What an answer looks like for people. */
  @FunctionalInterface
  private interface Look {
    String of(Json data);
  }

  private int show(String path, Look look, ToIntFunction<Json> verdict) {
    Reply reply = conversation.demand("GET", path, options.timeout());
    print(reply, look.of(reply.data()));
    return verdict.applyAsInt(reply.data());
  }

  private int send(String path, String done) {
    Reply reply = conversation.demand("POST", path, options.timeout());
    print(reply, done + "\n");
    return ExitCode.FINE;
  }

  private int await(
      String method,
      LongFunction<String> path,
      boolean waitsForServer,
      Function<Reply, String> missing) {
    var patience = new Patience(conversation, options.timeout(), errors);
    Optional<Reply> reply = patience.ask(method, path, waitsForServer, missing);
    if (reply.isPresent()) {
      print(reply.get(), command.word() + ": done\n");
      return ExitCode.FINE;
    }
    errors.println(
        "silverback cluster: error: not done in time, wait longer with --timeout or see cluster"
            + " status: timeout="
            + GoDuration.format(options.timeout())
            + " missing="
            + patience.last());
    return ExitCode.TIMED_OUT;
  }

  private void print(Reply reply, String text) {
    if (options.json()) {
      output.writeBytes(reply.raw());
      output.println();
    } else {
      output.print(text);
    }
  }

  private static int needsOperator(Json status) {
    Json tolerance = status.at("failure_tolerance");
    boolean isFine =
        status.at("settled").isTrue()
            && tolerance.at("without_losing_pushes").number() > 0
            && tolerance.at("without_stopping_pushes").number() > 0;
    return isFine ? ExitCode.FINE : ExitCode.NEEDS_OPERATOR;
  }

  private static String undrained(Reply reply) {
    if (reply.data().at("drained").isTrue()) {
      return "";
    }
    return "slots led=%d under replicated=%d"
        .formatted(
            reply.data().at("slots_led").number(), reply.data().at("under_replicated").number());
  }

  /** Says also what it may cost, once. */
  private String ungiven(Reply reply) {
    List<String> risks = reply.data().at("risks").texts();
    if (!risks.equals(toldRisks)) {
      toldRisks = risks;
      risks.forEach(risk -> errors.println("note: " + Table.printable(risk)));
    }
    if (reply.data().at("forgotten").isTrue()) {
      return "";
    }
    List<String> missing = reply.data().at("waiting_for").texts();
    return missing.isEmpty() ? "not forgotten" : Table.printable(missing.getFirst());
  }

  private String unsettled(Reply reply) {
    int found = reply.data().at("members").elements().size();
    if (found < options.members()) {
      return "members=%d wanted=%d".formatted(found, options.members());
    }
    List<String> missing = reply.data().at("waiting_for").texts();
    if (!reply.data().at("settled").isTrue()) {
      settledIn = "";
      return missing.isEmpty() ? "not settled" : Table.printable(missing.getFirst());
    }
    // A leader finds out a moment after a new view which copies its slots lack.
    String epoch = reply.data().at("epoch").text();
    boolean wasSettled = settledIn.equals(epoch);
    settledIn = epoch;
    return wasSettled ? "" : "settled, and whether it stays so";
  }

  private static LongFunction<String> forced(LongFunction<String> path) {
    return millis -> path.apply(millis) + "&force=true";
  }

  private static LongFunction<String> timed(String path) {
    return millis -> path + "?timeout=" + millis + "ms";
  }

  private String member() {
    return "/members/" + encoded(options.words().getFirst());
  }

  private static String query(List<String> labels) {
    return labels.stream()
        .map(label -> label.split("=", 2))
        .map(pair -> encoded(pair[0]) + "=" + encoded(pair[1]))
        .collect(Collectors.joining("&"));
  }

  private static String encoded(String text) {
    // The path would take a plus for itself.
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
