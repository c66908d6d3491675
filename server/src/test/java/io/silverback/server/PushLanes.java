package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What was sent on each lane, what was answered, and so what a page may show.
 *
 * <p>A number tells its lane and its place there. Each lane has one writer; any thread may read.
 */
final class PushLanes {
  private static final long PLACES = 1_000_000;
  private static final Pattern SAMPLE =
      Pattern.compile("^([abc])((?:_\\d+)?\\{[^}]*}) (\\S+)$", Pattern.MULTILINE);

  private final AtomicLongArray sent;
  private final AtomicLongArray answered;

  PushLanes(int count) {
    sent = new AtomicLongArray(count);
    answered = new AtomicLongArray(count);
  }

  int count() {
    return sent.length();
  }

  /** The number to send now. */
  long next(int lane) {
    return lane * PLACES + sent.incrementAndGet(lane);
  }

  void answered(int lane, long number) {
    answered.set(lane, number % PLACES);
  }

  /** The newest number of every lane, in order. */
  List<Long> lastNumbers() {
    return IntStream.range(0, count()).mapToObj(lane -> lane * PLACES + sent.get(lane)).toList();
  }

  /** The numbers that the page shows, in order; fails where families of one push disagree. */
  List<Long> numbersOn(String page) {
    var families = new HashMap<String, Map<String, Long>>();
    SAMPLE
        .matcher(page)
        .results()
        .forEach(
            (MatchResult sample) ->
                families
                    .computeIfAbsent(sample.group(2), series -> new HashMap<>())
                    .put(sample.group(1), (long) Double.parseDouble(sample.group(3))));
    families.forEach(
        (series, numbers) -> {
          Long number = numbers.values().iterator().next();
          assertEquals(Map.of("a", number, "b", number, "c", number), numbers, series);
        });
    return families.values().stream()
        .map(numbers -> numbers.values().iterator().next())
        .sorted()
        .toList();
  }

  /** A reader that remembers what it saw; for one thread. */
  Reader reader(boolean lanesStay) {
    return new Reader(lanesStay);
  }

  /** Checks one page after the other. */
  final class Reader {
    private final boolean lanesStay;
    private final long[] least = new long[count()];

    /**
     * @param lanesStay true if a lane, once answered, has to be on every page
     */
    private Reader(boolean lanesStay) {
      this.lanesStay = lanesStay;
    }

    /** Notes what is answered already: a page that is asked for from now on shows nothing older. */
    void beforeRequest() {
      for (int lane = 0; lane < least.length; lane++) {
        least[lane] = Math.max(least[lane], answered.get(lane));
      }
    }

    void check(String page) {
      var seen = new boolean[count()];
      for (long number : numbersOn(page)) {
        int lane = Math.toIntExact(number / PLACES);
        long place = number % PLACES;
        assertTrue(
            least[lane] <= place && place <= sent.get(lane),
            () ->
                "lane=%d shown=%d least=%d sent=%d"
                    .formatted(lane, place, least[lane], sent.get(lane)));
        least[lane] = place;
        seen[lane] = true;
      }
      if (lanesStay) {
        for (int lane = 0; lane < seen.length; lane++) {
          assertTrue(seen[lane] || least[lane] == 0, "lost: lane=" + lane);
        }
      }
    }
  }
}
