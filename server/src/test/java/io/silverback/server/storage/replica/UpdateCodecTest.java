package io.silverback.server.storage.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.Samples;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.RandomUpdates;
import io.silverback.server.storage.maps.GroupKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What families are made of is looked at where their protobuf form is tested. */
final class UpdateCodecTest {
  private static final Path PAGE = Path.of("../docs/formats/group-update.md");
  private static final GroupingKey KEY = GroupingKey.of("x", "l", "é");

  @Test
  void updatesAreReadBackWhole() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var updates = new RandomUpdates(new SplittableRandom(seed));
    for (int i = 0; i < 2_000; i++) {
      GroupUpdate update = updates.next(1_700_000_000_000L + i);
      assertEquals(update, UpdateCodec.decode(UpdateCodec.encode(update)));
    }
  }

  @Test
  void verdictsOfStalenessRulesAreReadBackWhole() {
    var version = new Version(3, -1, Long.MIN_VALUE);
    for (GroupUpdate update :
        List.of(
            new GroupUpdate.Expire(KEY, version, true),
            new GroupUpdate.Expire(KEY, Version.NEVER, false),
            new GroupUpdate.Purge(KEY, version))) {
      assertEquals(update, UpdateCodec.decode(UpdateCodec.encode(update)));
    }
  }

  @Test
  void valuesWithoutTextAreReadBackWhole() {
    var words = new UnsafeBuffer(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    var created = OpaqueFields.of(new byte[] {0x1a, 2, 8, 7});
    Extras extras =
        Extras.of(
            List.of(
                new MetricFamily(
                    "c",
                    "",
                    MetricType.COUNTER,
                    List.of(new Metric.Counter(Labels.EMPTY, 1, created)))));
    assertFalse(extras.isEmpty());
    for (int variant = 0; variant < 4; variant++) {
      var update =
          new GroupUpdate.Revalue(
              KEY,
              variant % 2 == 0,
              new Fingerprint(3, -4),
              words,
              variant < 2 ? Extras.NONE : extras);
      byte[] encoded = UpdateCodec.encode(update);

      assertEquals(update, UpdateCodec.decode(encoded));
      for (int length = 0; length < encoded.length; length++) {
        byte[] cut = Arrays.copyOf(encoded, length);
        assertThrows(MalformedBytesException.class, () -> UpdateCodec.decode(cut));
      }
    }
    var half =
        new GroupUpdate.Revalue(
            KEY, true, Fingerprint.NONE, new UnsafeBuffer(new byte[Integer.BYTES]), Extras.NONE);
    assertThrows(MalformedBytesException.class, () -> UpdateCodec.decode(UpdateCodec.encode(half)));
  }

  @Test
  void theOrderOfFamiliesAndFamiliesWithoutMetricsSurvive() {
    var body =
        new ParsedExposition(
            List.of(
                new MetricFamily("b", "h", MetricType.GAUGE_HISTOGRAM, "u", List.of()),
                Samples.gauge("a", 1)),
            true);
    var update = new GroupUpdate.Replace(KEY, body);

    assertEquals(update, UpdateCodec.decode(UpdateCodec.encode(update)));
  }

  @Test
  void theWorkedExampleIsWhatIsWritten() throws IOException {
    byte[] page = workedExample();
    GroupUpdate update = Samples.put(GroupingKey.of("x"), Samples.gauge("a", 3));

    assertEquals(
        HexFormat.ofDelimiter(" ").formatHex(page),
        HexFormat.ofDelimiter(" ").formatHex(UpdateCodec.encode(update)));
    assertEquals(update, UpdateCodec.decode(page));
  }

  @Test
  void whateverTheBytesAreTheyAreMalformedAtTheWorst() {
    var random = new SplittableRandom(3);
    var restore =
        new GroupUpdate.Restore(
            KEY,
            new ParsedExposition(List.of(Samples.gauge("a", 3)), false),
            5,
            6,
            Map.of("a", 7L));
    byte[] encoded = UpdateCodec.encode(restore);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = Arrays.copyOf(encoded, random.nextInt(encoded.length) + 1);
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 + random.nextInt(255));
      try {
        UpdateCodec.decode(damaged);
      } catch (MalformedBytesException _) {
        // As it says.
      }
    }
    assertThrows(MalformedBytesException.class, () -> UpdateCodec.decode(new byte[0]));
  }

  @Test
  void answersAreReadBackWhole() {
    for (Submission answer :
        List.of(
            new Submission.Accepted(),
            new Submission.Refused(KEY, "weil é"),
            new Submission.OverLimit(KEY, Limit.GROUPS, "too many"),
            new Submission.Outdated(KEY))) {
      byte[] encoded = SubmissionCodec.encode(answer);
      assertEquals(answer, SubmissionCodec.decode(encoded));
      for (int length = 0; length < encoded.length; length++) {
        byte[] cut = Arrays.copyOf(encoded, length);
        assertThrows(MalformedBytesException.class, () -> SubmissionCodec.decode(cut));
      }
      byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
      assertThrows(MalformedBytesException.class, () -> SubmissionCodec.decode(longer));
    }
  }

  @Test
  void onlyTheCanonicalBytesAreAKey() {
    byte[] key = GroupKeys.encode(KEY);
    int onlyJob = GroupKeys.encode(GroupingKey.of("x")).length;
    assertEquals(KEY, GroupKeys.decode(key));
    byte[] unsorted = {1, 'l', 1, 'v', 1, 'a', 1, 'b', 3, 'j', 'o', 'b', 1, 'x'};
    assertThrows(MalformedBytesException.class, () -> GroupKeys.decode(unsorted));
    for (int length = 0; length < key.length; length++) {
      byte[] cut = Arrays.copyOf(key, length);
      if (length == onlyJob) {
        continue;
      }
      assertThrows(MalformedBytesException.class, () -> GroupKeys.decode(cut));
    }
    byte[] longLength = {-1, 1, 0, 0, 0, 'a', 1, 'b'};
    assertThrows(MalformedBytesException.class, () -> GroupKeys.decode(longLength));
    GroupingKey wide = GroupingKey.of("x".repeat(255));
    assertEquals(wide, GroupKeys.decode(GroupKeys.encode(wide)));
  }

  private static byte[] workedExample() throws IOException {
    List<String> lines =
        Files.readAllLines(PAGE).stream()
            .dropWhile(line -> !line.equals("```example"))
            .skip(1)
            .takeWhile(line -> !line.equals("```"))
            .map(line -> line.split("\\|", -1)[1].replace(" ", ""))
            .toList();
    String fields = String.join("", lines.subList(0, lines.size() - 1));
    assertEquals(fields, lines.getLast());
    return HexFormat.of().parseHex(fields);
  }
}
