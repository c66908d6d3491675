package io.silverback.server;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A group that one writer pushes to and a kill interrupts: knows in which states a page may show
 * it. Each push has a greater number, which all its series have as their value.
 *
 * <p>Not thread-safe; a check has to come after the end of the writer.
 */
final class KilledGroup {
  /** A request, and the lines that a page shows of the group after it. */
  record Write(String method, String body, Set<String> lines) {}

  private static final int MOST_SERIES = 400;
  private static final int SHAPES = 7;
  private static final int FAMILY_SERIES = 80;

  private final int index;
  private int number;
  private Set<String> shown = Set.of();
  private Set<String> underWay = Set.of();
  private boolean wasAcknowledged;

  KilledGroup(int index) {
    this.index = index;
  }

  String path() {
    return "/metrics/job/killed/group/" + index;
  }

  /**
   * What to send next. By the group's index: one shape always, another shape each time, or an end
   * after each third push.
   */
  Write next() {
    number++;
    Write write =
        switch (index % 3) {
          case 0 -> put(1 + index % 5 * MOST_SERIES / 4);
          case 1 -> put(1 + number % SHAPES * MOST_SERIES / SHAPES);
          default -> number % 4 == 0 ? new Write("DELETE", "", Set.of()) : put(3);
        };
    underWay = write.lines();
    return write;
  }

  /** The last request was answered. */
  void acknowledged() {
    shown = underWay;
    wasAcknowledged = true;
  }

  boolean wasAcknowledged() {
    return wasAcknowledged;
  }

  /** Fails unless the page shows the group as it was acknowledged or as the last request has it. */
  void check(String page, String moment) {
    String label = "group=\"" + index + "\"";
    Set<String> lines =
        page.lines()
            .filter(line -> line.startsWith("killed_") && line.contains(label))
            .collect(Collectors.toSet());
    assertTrue(
        lines.equals(shown) || lines.equals(underWay),
        () ->
            "%s group=%d shows %s, acknowledged %s, under way %s"
                .formatted(moment, index, some(lines), some(shown), some(underWay)));
    shown = lines;
    underWay = lines;
  }

  private Write put(int series) {
    String body =
        IntStream.range(0, series)
            .mapToObj(i -> "killed_%d{s=\"%d\"} %d\n".formatted(i / FAMILY_SERIES, i, number))
            .collect(joining());
    Set<String> lines =
        IntStream.range(0, series)
            .mapToObj(
                i ->
                    "killed_%d{group=\"%d\",instance=\"\",job=\"killed\",s=\"%d\"} %d"
                        .formatted(i / FAMILY_SERIES, index, i, number))
            .collect(Collectors.toSet());
    return new Write("PUT", body, lines);
  }

  private static String some(Set<String> lines) {
    return lines.size() + " series such as " + lines.stream().findFirst().orElse("none");
  }

  @Override
  public String toString() {
    return "group=" + index + " number=" + number;
  }
}
