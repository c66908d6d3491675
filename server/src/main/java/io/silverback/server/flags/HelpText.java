package io.silverback.server.flags;

import java.util.List;
import java.util.Map;

/** The help of the command line, fitted to the width of the terminal. */
final class HelpText {
  /** Where the descriptions begin; a name that is longer has a line of its own. */
  private static final int INDENT = 42;

  /** The same where that would leave too little room. */
  private static final int SMALL_INDENT = 8;

  private static final int WIDTH_FOR_COLUMNS = 90;

  private static final String USAGE =
      """
      usage: silverback [<flags>] [@<file>]
             silverback import|export --help
             silverback cluster COMMAND [<flags>]
             silverback check-config FILE [<flags>]
             silverback check-push FILE [<flags>]
             silverback health [--ready] [<flags>]
             silverback make-aot-cache
             silverback help|version
      """;

  private static final List<String> NOTES =
      List.of(
          "A flag may also be set in the environment: SILVERBACK_LOG_LEVEL for --log.level; the"
              + " command line wins; or in --config.file, which both of them beat.",
          "An argument @FILE is replaced by the lines of that file, one argument a line; # starts a"
              + " remark.");

  private final int width;
  private final int indent;
  private final StringBuilder text = new StringBuilder();

  private HelpText(int width) {
    this.width = width;
    this.indent = width < WIDTH_FOR_COLUMNS ? SMALL_INDENT : INDENT;
  }

  /** The help of the server, in lines that fit the terminal. */
  static String of(Map<String, String> environment) {
    return new HelpText(TerminalWidth.of(environment)).write();
  }

  /** The same of a command that has no flags of its own. */
  static String ofCommand(String usage, List<String> paragraphs, Map<String, String> environment) {
    var help = new HelpText(TerminalWidth.of(environment));
    help.text.append("usage: ").append(usage).append("\n\n");
    paragraphs.forEach(help::paragraph);
    return help.text.toString();
  }

  private String write() {
    text.append(USAGE).append('\n');
    paragraph("A drop-in replacement for the Prometheus Pushgateway.");
    text.append("\nFlags:\n");
    row(String.join(", ", CommandLineReader.HELP), "Show this help.");
    row(String.join(", ", CommandLineReader.VERSION), "Show the version.");
    for (FlagTable table : Flags.TABLES) {
      text.append('\n').append(table.heading()).append(":\n");
      table.rows().forEach(flag -> row(syntax(flag), description(flag)));
    }
    for (String note : NOTES) {
      text.append('\n');
      paragraph(note);
    }
    return text.toString();
  }

  private static String syntax(Flag<?> flag) {
    return switch (flag.kind()) {
      case SINGLE, LIST -> flag.option() + "=VALUE";
      case SWITCH -> "--[no-]" + flag.name();
    };
  }

  private static String description(Flag<?> flag) {
    String standard = flag.standard();
    return flag.help() + (standard.isEmpty() ? "" : " (default: " + standard + ")");
  }

  private void row(String name, String description) {
    text.append("  ").append(name);
    int column = 2 + name.length();
    if (column >= indent - 1) {
      text.append('\n');
      column = 0;
    }
    words(description, column, indent);
  }

  private void paragraph(String sentences) {
    words(sentences, 0, 0);
  }

  /**
   * Breaks lines between words only, as a flag that is cut in two can be neither read nor found.
   */
  private void words(String sentences, int from, int margin) {
    int column = from;
    boolean first = true;
    for (String word : sentences.split(" ", -1)) {
      if (!first && column + 1 + word.length() > width) {
        text.append('\n');
        column = 0;
        first = true;
      }
      int gap = first ? margin - column : 1;
      text.append(" ".repeat(gap)).append(word);
      column += gap + word.length();
      first = false;
    }
    text.append('\n');
  }
}
