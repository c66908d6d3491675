package io.silverback.server.admin;

/** What the server's answers look like for people. */
final class Report {
  private static final String BOLD_RED = "\u001b[1;31m";
  private static final String GREEN = "\u001b[32m";
  private static final String PLAIN = "\u001b[0m";

  private final boolean hasColours;

  /**
   * Texts for a terminal, or a file.
   *
   * @param hasColours true for a terminal that should show them
   */
  Report(boolean hasColours) {
    this.hasColours = hasColours;
  }

  String status(Json data) {
    Json tolerance = data.at("failure_tolerance");
    long losable = tolerance.at("without_losing_pushes").number();
    long stoppable = tolerance.at("without_stopping_pushes").number();
    boolean isSettled = data.at("settled").isTrue();
    var text = new StringBuilder();
    text.append("cluster ").append(Table.printable(data.at("cluster_id").text()));
    text.append(", view ").append(data.at("epoch").number()).append(": ");
    text.append(isSettled ? good("settled") : bad("not settled")).append('\n');
    for (String sentence : data.at("waiting_for").texts()) {
      text.append("  waiting: ").append(Table.printable(sentence)).append('\n');
    }
    text.append("more nodes that may fail now: ")
        .append(count(losable))
        .append(" without losing pushes, ")
        .append(count(stoppable))
        .append(" without stopping pushes\n\n");
    var table =
        new Table(
            "NODE",
            "READY",
            "VOTES",
            "MAY LEAD",
            "DRAIN",
            "LEADS",
            "SHOULD LEAD",
            "TAKES OVER",
            "HANDS OVER",
            "LACK COPIES",
            "FEWEST COPIES");
    for (Json member : data.at("members").elements()) {
      Json slots = member.at("slots");
      table.row(
          member.at("node_id").text(),
          readiness(member),
          yes(member.at("votes")),
          yes(member.at("may_lead")),
          member.at("drain").text(),
          slots.at("led").text(),
          slots.at("should_lead").text(),
          slots.at("taking_over").text(),
          slots.at("handing_over").text(),
          slots.at("under_replicated").text(),
          slots.at("fewest_copies").text());
    }
    return text + table.text();
  }

  private static String readiness(Json member) {
    if (!member.at("answered").isTrue()) {
      return "no answer";
    }
    return yes(member.at("ready"));
  }

  String members(Json data) {
    var table =
        new Table(
            "NODE",
            "PEER ADDRESS",
            "WEB ADDRESS",
            "ZONE",
            "VOTES",
            "MAY LEAD",
            "DRAIN",
            "SILENT",
            "CLOCK AHEAD",
            "CONNECTION");
    for (Json member : data.elements()) {
      String ahead = member.at("clock_skew_seconds").text();
      table.row(
          member.at("node_id").text() + (member.at("self").isTrue() ? " *" : ""),
          member.at("peer_address").text(),
          member.at("web_address").text(),
          member.at("zone").text(),
          yes(member.at("votes")),
          yes(member.at("may_lead")),
          member.at("drain").text(),
          member.at("silent").isTrue() ? "since " + member.at("silent_since").text() : "no",
          ahead.isEmpty() ? "" : ahead + "s",
          member.at("connection_version").text());
    }
    return table.text();
  }

  String ring(Json data) {
    var table = new Table("NODE", "LEADS", "SHOULD LEAD", "OWNS");
    for (Json share : data.elements()) {
      String name = share.at("node_id").text();
      table.row(
          name.isEmpty() ? "(nobody)" : name,
          share.at("leads").text(),
          share.at("should_lead").text(),
          share.at("owns").text());
    }
    return table.text();
  }

  String owner(Json data) {
    String leader = data.at("leader").text();
    var text = new StringBuilder();
    text.append("slot ").append(data.at("slot").number()).append(", led by ");
    text.append(leader.isEmpty() ? bad("nobody") : Table.printable(leader));
    text.append(data.at("leader_silent").isTrue() ? bad(", which is silent") : "");
    text.append(" since view ").append(data.at("epoch").number()).append("\n\n");
    var table = new Table("OWNER", "HAS GROUP", "CURRENT", "LAG", "VERSION");
    for (Json copy : data.at("copies").elements()) {
      boolean answered = copy.at("answered").isTrue();
      table.row(
          copy.at("node_id").text(),
          answered ? yes(copy.at("has_group")) : "no answer",
          answered ? yes(copy.at("current")) : "",
          answered ? copy.at("lag_seconds").text() + "s" : "",
          copy.at("version").text());
    }
    return text + table.text();
  }

  private static String yes(Json flag) {
    return flag.isTrue() ? "yes" : "no";
  }

  private String count(long nodes) {
    return nodes > 0 ? good(String.valueOf(nodes)) : bad(String.valueOf(nodes));
  }

  private String good(String text) {
    return hasColours ? GREEN + text + PLAIN : text;
  }

  private String bad(String text) {
    return hasColours ? BOLD_RED + text + PLAIN : text;
  }
}
