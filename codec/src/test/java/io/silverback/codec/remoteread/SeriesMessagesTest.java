package io.silverback.codec.remoteread;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.exposition.ExpositionBuffer;
import org.junit.jupiter.api.Test;

final class SeriesMessagesTest {
  @Test
  void writesTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("remote-read.md");
    var labels = new ExpositionBuffer(16);
    SeriesMessages.addLabel("__name__", "up", labels);
    SeriesMessages.addLabel("job", "x", labels);
    var messages = new SeriesMessages();
    var frame = new ExpositionBuffer(16);
    for (int again = 0; again < 2; again++) {
      frame.clear();
      messages.beginFrame(labels.toByteArray());
      messages.addChunk(
          1_699_999_200_001L,
          1_699_999_230_000L,
          WorkedExample.of("prometheus-xor-chunk.md").bytes());
      messages.endFrame(1, frame);
    }

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), frame.toByteArray());
  }

  @Test
  void aSampleTakesWhatItsLengthSays() {
    long[] times = {0, 1, 127, 128, 1_699_999_200_000L, Long.MAX_VALUE, -1, Long.MIN_VALUE};
    for (long time : times) {
      for (long bits : new long[] {0, 1, Double.doubleToRawLongBits(-0.0), -1}) {
        var out = new ExpositionBuffer(8);
        SeriesMessages.putSample(time, bits, out);
        assertEquals(SeriesMessages.sampleLength(time, bits), out.length());
      }
    }
  }
}
