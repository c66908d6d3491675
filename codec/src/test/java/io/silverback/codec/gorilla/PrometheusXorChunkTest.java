package io.silverback.codec.gorilla;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.gorilla.PrometheusChunks.Sample;
import io.silverback.codec.gorilla.PrometheusChunks.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class PrometheusXorChunkTest {
  private final PrometheusXorChunkWriter writer = new PrometheusXorChunkWriter();
  private final PrometheusXorChunkReader reader = new PrometheusXorChunkReader();

  @Test
  void readsTheSamplesThatPrometheusWrote() {
    for (Series series : PrometheusChunks.all()) {
      var samples = new ArrayList<Sample>();
      series.chunks().forEach(chunk -> samples.addAll(read(chunk)));
      assertEquals(series.samples(), samples, series.name());
    }
  }

  @Test
  void writesTheBytesThatPrometheusWrote() {
    int longer = 0;
    for (Series series : PrometheusChunks.all()) {
      int from = 0;
      for (byte[] expected : series.chunks()) {
        int to = from + read(expected).size();
        byte[] actual = write(series.samples().subList(from, to));
        // upstream: older versions of bstream.go leave a byte unused after whole bytes.
        if (actual.length + 1 == expected.length) {
          longer++;
          actual = Arrays.copyOf(actual, expected.length);
        }
        assertEquals(hex(expected), hex(actual), series.name());
        from = to;
      }
    }
    assertEquals(2, longer, "chunks with an unused last byte");
  }

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("prometheus-xor-chunk.md");
    var samples = new ArrayList<Sample>();
    for (WorkedExample.Line line : example.lines()) {
      String[] words = line.written().split(" ", -1);
      if (words[0].equals("sample")) {
        samples.add(new Sample(Long.parseLong(words[1]), HexFormat.fromHexDigitsToLong(words[2])));
      }
    }
    assertArrayEquals(example.bytes(), example.bytesOfBits());
    assertArrayEquals(example.bytes(), write(samples));
    assertEquals(samples, read(example.bytes()));
    assertTrue(
        PrometheusChunks.all().stream()
            .anyMatch(series -> hex(series.chunks().getFirst()).equals(hex(example.bytes()))),
        "the example is a chunk of Prometheus' own");
  }

  @Test
  void keepsAnySamplesInAnyOrder() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      List<Sample> samples = randomSamples(random, random.nextInt(80));
      assertEquals(samples, read(write(samples)), "seed=" + seed + " round=" + round);
    }
  }

  @Test
  void mayBeReadWhileItGrows() {
    List<Sample> samples = randomSamples(new Random(12), 30);
    byte[] bytes = new byte[30 * 20];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    for (int i = 0; i < samples.size(); i++) {
      assertTrue(append(samples.get(i)));
      byte[] soFar = Arrays.copyOf(bytes, writer.flush());
      assertEquals(samples.subList(0, i + 1), read(soFar));
    }
  }

  @Test
  void refusesASampleThatDoesNotFitAndStaysAChunk() {
    List<Sample> samples = randomSamples(new Random(13), 30);
    byte[] whole = write(samples);
    for (int length = 2; length < whole.length; length++) {
      byte[] bytes = new byte[3 + length];
      writer.wrap(new UnsafeBuffer(bytes), 3, length);
      int written = 0;
      while (append(samples.get(written))) {
        written++;
      }
      assertFalse(append(samples.get(written)));
      assertEquals(written, writer.sampleCount());
      byte[] chunk = Arrays.copyOfRange(bytes, 3, 3 + writer.flush());
      assertEquals(hex(write(samples.subList(0, written))), hex(chunk), "length=" + length);
    }
    var buffer = new UnsafeBuffer(new byte[8]);
    assertThrows(IllegalArgumentException.class, () -> writer.wrap(buffer, 0, 1));
  }

  @Test
  void takesAsManySamplesAsItsHeaderCanSay() {
    byte[] bytes = new byte[40_000];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    for (int i = 0; i < PrometheusXorChunk.SAMPLE_COUNT_LIMIT; i++) {
      assertTrue(writer.append(i, 0));
    }
    assertFalse(writer.append(PrometheusXorChunk.SAMPLE_COUNT_LIMIT, 0));
    assertEquals(65_535, read(Arrays.copyOf(bytes, writer.flush())).size());
  }

  @Test
  void namesEveryTruncation() {
    byte[] whole = write(randomSamples(new Random(14), 30));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(CorruptBitsException.class, () -> read(cut), "length=" + length);
    }
  }

  @Test
  void readsSomethingOrNamesTheFaultAfterEveryBitFlip() {
    List<Sample> samples = randomSamples(new Random(15), 30);
    byte[] whole = write(samples);
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (0x80 >>> bit % 8);
      try {
        assertTrue(read(flipped).size() <= 0xffff, "bit=" + bit);
      } catch (CorruptBitsException e) {
        assertTrue(e.toString().matches(".*: (\\w+=\\d+ ?)+"), e.toString());
      }
    }
  }

  @Test
  void refusesNumbersOfMoreThan64Bits() {
    for (String time :
        List.of("ffffffffffffffffff02", "80808080808080808080", "ffffffffffffffffffff01")) {
      byte[] chunk = HexFormat.of().parseHex("0001" + time + "0000000000000000");
      assertThrows(CorruptBitsException.class, () -> read(chunk), time);
    }
  }

  private List<Sample> randomSamples(Random random, int count) {
    long[] times = RandomSamples.times(random, count);
    long[] values = RandomSamples.values(random, count);
    var samples = new ArrayList<Sample>();
    for (int i = 0; i < count; i++) {
      samples.add(new Sample(times[i], values[i]));
    }
    return samples;
  }

  private boolean append(Sample sample) {
    return writer.append(sample.timeMillis(), sample.valueBits());
  }

  private byte[] write(List<Sample> samples) {
    byte[] bytes = new byte[2 + samples.size() * 20];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    samples.forEach(sample -> assertTrue(append(sample)));
    return Arrays.copyOf(bytes, writer.flush());
  }

  private List<Sample> read(byte[] chunk) {
    reader.wrap(new UnsafeBuffer(chunk), 0, chunk.length);
    var samples = new ArrayList<Sample>();
    while (reader.next()) {
      samples.add(new Sample(reader.timeMillis(), reader.valueBits()));
    }
    assertEquals(reader.sampleCount(), samples.size());
    return samples;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
