package io.silverback.server.admin;

import io.silverback.server.flags.Spelling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What {@code silverback cluster} can do. */
enum Subcommand {
  STATUS(
      "status",
      "",
      false,
      "Says how the whole cluster stands, as its members report it: what is missing, and how many"
          + " more nodes may fail. Ends with 3 if an operator should look: it is not settled, or no"
          + " node may fail."),
  MEMBERS("members", "", false, "Lists the members as the server of --url sees them."),
  RING("ring", "", false, "Says how many slots each member leads, should lead and owns."),
  OWNER(
      "owner",
      "LABEL=VALUE...",
      false,
      "Says which member leads the group of labels such as job=backup, and what each of its owners"
          + " has of it."),
  DRAIN(
      "drain",
      "NODE",
      true,
      "Moves all groups of a member to others, and waits until it leads nothing and the others have"
          + " their copies and the history: then the node can be stopped for good. May be repeated;"
          + " undrain takes it back. Ends with 4 if that takes longer than --timeout, and the drain"
          + " goes on."),
  UNDRAIN("undrain", "NODE", true, "Lets a member that was drained lead and hold groups again."),
  FORGET(
      "forget",
      "NODE",
      true,
      "Removes a member that is gone for good, and waits until the others agree. Drain and stop a"
          + " member that lives. With --force also without a majority that could agree."),
  REPAIR(
      "repair", "", false, "Makes all leaders compare their groups with the copies of others now."),
  REBALANCE("rebalance", "", false, "Makes the slots go to the members that should lead them now."),
  WAIT_SETTLED(
      "wait-settled",
      "",
      true,
      "Waits until the next node may be touched: all members answer, are ready and have their"
          + " copies, and nothing moves. After a restart ask the node that was restarted. Ends with"
          + " 4 if that takes longer than --timeout."),
  NEW_SECRET("new-secret", "", false, "Prints a new random secret for --cluster.secret-file.");

  private final String word;
  private final String parameters;
  private final boolean waits;
  private final String description;

  Subcommand(String word, String parameters, boolean waits, String description) {
    this.word = word;
    this.parameters = parameters;
    this.waits = waits;
    this.description = description;
  }

  String word() {
    return word;
  }

  /** What follows the word besides flags, as a synopsis has it. */
  String parameters() {
    return parameters;
  }

  /** True if {@code --timeout} is for more than one answer. */
  boolean waits() {
    return waits;
  }

  String description() {
    return description;
  }

  boolean isOfServer() {
    return this != NEW_SECRET;
  }

  /** The one of that name. */
  static Subcommand of(String given) {
    return Arrays.stream(values())
        .filter(each -> each.word.equals(given))
        .findFirst()
        .orElseThrow(() -> AdminException.wrongUsage(unknown(given)));
  }

  private static String unknown(String given) {
    List<String> words = Arrays.stream(values()).map(Subcommand::word).toList();
    Optional<String> near = Spelling.closest(given, words);
    return "unknown command '"
        + Table.printable(given)
        + "', try cluster --help"
        + near.map(it -> "; did you mean " + it + "?").orElse("");
  }
}
