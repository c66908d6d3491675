package io.silverback.server.admin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Rows of cells under headings, for people. What a server sent may hold whatever it likes, so only
 * what can be printed gets to the terminal.
 */
final class Table {
  private static final int MOST_CELL = 400;
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headings) {
    rows.add(List.of(headings));
  }

  /** Adds one; a cell for each heading. */
  void row(Object... cells) {
    var row = new ArrayList<String>(cells.length);
    for (Object cell : cells) {
      String text = printable(String.valueOf(cell));
      row.add(text.isEmpty() ? "-" : text);
    }
    rows.add(row);
  }

  /** The lines, each column as wide as its widest cell. */
  String text() {
    var widths = new ArrayList<>(Collections.nCopies(rows.getFirst().size(), 0));
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths.set(i, Math.max(widths.get(i), row.get(i).length()));
      }
    }
    var text = new StringBuilder();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i)).append(" ".repeat(widths.get(i) - row.get(i).length())).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** The text in one line, without what would move the cursor of a terminal, cut if it is long. */
  static String printable(String text) {
    var out = new StringBuilder();
    int end = Math.min(text.length(), MOST_CELL);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean isShown =
          !Character.isISOControl(c)
              && !Character.isSurrogate(c)
              && Character.getType(c) != Character.FORMAT;
      out.append(isShown ? c : '?');
    }
    return end < text.length() ? out + "..." : out.toString();
  }
}
