package io.silverback.codec.row;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.page.ColumnRanges;
import java.util.List;

/** The lines {@code row time value...} of a worked example. */
public final class ExampleRows {
  private static final long STALE_NAN = 0x7ff0000000000002L;

  private ExampleRows() {}

  public static PushedRows of(WorkedExample example) {
    List<List<String>> lines =
        example.lines().stream()
            .map(line -> List.of(line.written().split(" ", -1)))
            .filter(words -> words.getFirst().equals("row") && words.size() > 2)
            .toList();
    var rows = new PushedRows(lines.getFirst().size() - 2);
    for (List<String> words : lines) {
      var ranges = new ColumnRanges();
      long[] valueBits = new long[rows.columns()];
      for (int column = 0; column < valueBits.length; column++) {
        String word = words.get(column + 2);
        if (!word.equals("-")) {
          ranges.add(column, column + 1);
          valueBits[column] =
              word.equals("stale")
                  ? STALE_NAN
                  : Double.doubleToRawLongBits(Double.parseDouble(word));
        }
      }
      rows.push(Long.parseLong(words.get(1)), valueBits, ranges);
    }
    return rows;
  }
}
