package io.silverback.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What do pushes cost whose texts share a hash code, beside others as long? Prints the CPU time of
 * both, from the bytes of the bodies to the stored groups, as a table in Markdown.
 */
public final class CollisionCosts {
  /** Texts made of two letters a bit that share one hash code; this is how many bits. */
  private static final int BITS = 14;

  static final int ENTRIES = 1 << BITS;

  private static final int WARM_UPS = 3;
  private static final int ROUNDS = 5;
  private static final long WALL_MILLIS = 1_800_000_000_000L;

  private CollisionCosts() {}

  /** What collides. */
  enum Kind {
    FAMILY_NAMES,
    LABEL_VALUES,
    LABELS_OF_SUMMARIES,
    LABEL_NAMES_OF_ONE_LINE,
    QUANTILES,
    GROUPING_KEYS;

    /** The body of each group: one for all entries, or one for each. */
    List<Push> pushes(boolean colliding) {
      var body = new StringBuilder();
      var random = new Random(1);
      if (this == GROUPING_KEYS) {
        return texts(colliding).stream()
            .map(text -> new Push(GroupingKey.of("x", "instance", text), "a 1\n".getBytes(UTF_8)))
            .toList();
      }
      List<String> texts = texts(colliding);
      switch (this) {
        case FAMILY_NAMES -> texts.forEach(text -> body.append(text).append(" 1\n"));
        case LABEL_VALUES ->
            texts.forEach(text -> body.append("a{l=\"").append(text).append("\"} 1\n"));
        case LABELS_OF_SUMMARIES -> {
          body.append("# TYPE s summary\n");
          texts.forEach(text -> body.append("s_sum{l=\"").append(text).append("\"} 1\n"));
        }
        case LABEL_NAMES_OF_ONE_LINE -> {
          body.append("a{");
          texts.forEach(text -> body.append(text).append("=\"\","));
          body.append("} 1\n");
        }
        case QUANTILES -> {
          body.append("# TYPE s summary\n");
          for (int i = 0; i < ENTRIES; i++) {
            long high = 0x3FE0_0000L + (colliding ? i : random.nextInt(1 << 20));
            long low = colliding ? high ^ 0x1234_5678L : random.nextInt() & 0xffff_ffffL;
            double quantile = Double.longBitsToDouble(high << Integer.SIZE | low);
            body.append("s{i=\"" + i + "\",quantile=\"" + quantile + "\"} 1\n");
          }
        }
        case GROUPING_KEYS -> throw new IllegalStateException("has bodies of its own");
      }
      return List.of(new Push(GroupingKey.of("x"), body.toString().getBytes(UTF_8)));
    }
  }

  /** A push as it comes. */
  record Push(GroupingKey key, byte[] body) {}

  public static void main(String[] arguments) {
    System.out.printf("%,d entries, CPU time of parsing and storing them.%n%n", ENTRIES);
    System.out.println("| what collides | random, ms | colliding, ms | ratio |");
    System.out.println("|---|---|---|---|");
    for (Kind kind : Kind.values()) {
      double random = leastMillis(kind, false, WARM_UPS, ROUNDS);
      double colliding = leastMillis(kind, true, WARM_UPS, ROUNDS);
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f | %.0f | %.2f |%n",
          kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
          random,
          colliding,
          colliding / random);
    }
  }

  /** The least CPU time of some rounds, as others on the machine only make it more. */
  static double leastMillis(Kind kind, boolean colliding, int warmUps, int rounds) {
    List<Push> pushes = kind.pushes(colliding);
    double least = Double.MAX_VALUE;
    for (int i = 0; i < warmUps + rounds; i++) {
      double millis = millis(pushes);
      least = i < warmUps ? least : Math.min(least, millis);
    }
    return least;
  }

  private static double millis(List<Push> pushes) {
    var threads = ManagementFactory.getThreadMXBean();
    try (var store = store()) {
      long start = threads.getCurrentThreadCpuTime();
      for (Push push : pushes) {
        ParsedExposition parsed =
            new TextParser(NameValidation.UTF8).parse(push.body(), push.body().length);
        Submission answer = store.submit(new GroupUpdate.Replace(push.key(), parsed));
        if (!(answer instanceof Submission.Accepted)) {
          throw new IllegalStateException("a push was refused: answer=" + answer);
        }
      }
      return (threads.getCurrentThreadCpuTime() - start) / 1e6;
    }
  }

  private static OffHeapMetricStore store() {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> WALL_MILLIS, 1),
            () -> WALL_MILLIS,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE));
  }

  /** Words of the letters A, B and a, all of one hash code if they are to collide. */
  private static List<String> texts(boolean colliding) {
    var random = new Random(2);
    return IntStream.range(0, ENTRIES)
        .mapToObj(
            number -> {
              var text = new StringBuilder();
              for (int bit = 0; bit < BITS; bit++) {
                boolean isSet = (number >> bit & 1) == 1;
                text.append(isSet ? "BB" : "Aa");
                if (!colliding) {
                  // Another last letter gives the pair another hash code.
                  text.setCharAt(text.length() - 1, (char) ('a' + random.nextInt(26)));
                }
              }
              return text.toString();
            })
        .distinct()
        .toList();
  }
}
