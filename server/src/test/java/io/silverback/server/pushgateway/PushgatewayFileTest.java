package io.silverback.server.pushgateway;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.GroupUpdate.Restore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads a file that a Pushgateway 1.5.1 wrote, whole and damaged. */
@Timeout(60)
class PushgatewayFileTest {
  private static final long NOW = 1_900_000_000_000L;

  @TempDir private Path folder;
  private byte[] written = {};

  @BeforeEach
  void load() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("/pushgateway/two-groups.data"))) {
      written = in.readAllBytes();
    }
  }

  private List<Restore> read(byte[] bytes) throws IOException {
    var groups = new ArrayList<Restore>();
    new PushgatewayFile(folder, () -> NOW)
        .read(new ByteArrayInputStream(bytes), bytes.length, groups::add);
    groups.sort(Comparator.comparing(Restore::key));
    return groups;
  }

  @Test
  void allGroupsComeWithTheirTimes() throws IOException {
    List<Restore> groups = read(written);
    assertEquals(2, groups.size());
    Restore first = groups.get(0);
    assertEquals("{instance=\"i1\",job=\"one\"}", first.key().labels().toString());
    assertEquals(1_796_046_618_294L, first.pushMillis());
    assertEquals(0, first.failureMillis());
    assertEquals(
        """
        # HELP a a help text
        # TYPE a gauge
        a{instance="i1",job="one",x="y"} 1
        # TYPE h histogram
        h_bucket{instance="i1",job="one",le="1"} 2
        h_bucket{instance="i1",job="one",le="+Inf"} 3
        h_sum{instance="i1",job="one"} 4
        h_count{instance="i1",job="one"} 3
        """,
        text(first));
    Restore second = groups.get(1);
    assertEquals("{job=\"two\"}", second.key().labels().toString());
    assertEquals(1_796_046_618_519L, second.pushMillis());
    assertEquals(1_796_046_618_814L, second.failureMillis());
    assertEquals(Map.of("b", 1_796_046_618_519L), second.familyMillis());
    assertEquals("# TYPE b untyped\nb{instance=\"\",job=\"two\"} 2\n", text(second));
  }

  private static String text(Restore group) {
    var out = new ExpositionBuffer(100);
    var renderer = new TextRenderer();
    group.body().families().stream()
        .sorted(Comparator.comparing(MetricFamily::name))
        .forEach(family -> renderer.render(family, out));
    return out.toString();
  }

  @Test
  void theExampleOfTheFormatsPageIsRead() throws IOException {
    String hex =
        Files.readAllLines(Path.of("../docs/formats/pushgateway-file.md")).stream()
            .filter(line -> line.matches("[0-9a-f]{2}[0-9a-f ]*"))
            .map(line -> line.replace(" ", ""))
            .collect(joining());
    List<Restore> groups = read(HexFormat.of().parseHex(hex));
    assertEquals(1, groups.size());
    assertEquals("# TYPE b untyped\nb{instance=\"\",job=\"two\"} 2\n", text(groups.getFirst()));
    assertEquals(1_796_046_618_519L, groups.getFirst().pushMillis());
  }

  /** A clock that was set back meanwhile must not make a group one of the future. */
  @Test
  void whatIsStillToComeWasNow() throws IOException {
    Path file = Files.write(folder.resolve("data"), written);
    var groups = new ArrayList<Restore>();
    new PushgatewayFile(file, () -> 1_000).read(groups::add);
    assertTrue(groups.stream().allMatch(group -> group.pushMillis() == 1_000), groups::toString);
  }

  @Test
  void aFileThatIsCutOffAnywhereIsNoticed() {
    for (int length = 0; length < written.length; length++) {
      byte[] cut = Arrays.copyOf(written, length);
      assertThrows(MalformedFileException.class, () -> read(cut), "length=" + length);
    }
    byte[] longer = Arrays.copyOf(written, written.length + 1);
    assertThrows(MalformedFileException.class, () -> read(longer));
  }

  /** There is no checksum in it, so other values may come of it, and nothing worse. */
  @Test
  void aFlippedBitDoesNoHarm() throws IOException {
    int noticed = 0;
    for (int at = 0; at < written.length; at++) {
      byte[] flipped = written.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      try {
        read(flipped);
      } catch (MalformedFileException _) {
        noticed++;
      }
    }
    assertTrue(noticed > written.length / 4, "noticed=" + noticed);
  }

  @Test
  void itIsKnownByItsBeginning() throws IOException {
    assertTrue(PushgatewayFile.isOne(Files.write(folder.resolve("data"), written)));
    assertFalse(PushgatewayFile.isOne(Files.write(folder.resolve("other"), new byte[300])));
    assertFalse(PushgatewayFile.isOne(folder));
    assertFalse(PushgatewayFile.isOne(folder.resolve("missing")));
  }
}
