package io.silverback.codec.remotewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.remoteread.SeriesMessages;
import org.junit.jupiter.api.Test;

final class WriteRequestTest {
  private static final long[] TIMES = {0, 1_699_999_200_000L, 1_699_999_230_000L};
  private static final long[] BITS = {0, Double.doubleToRawLongBits(1.5), 0x7ff0_0000_0000_0002L};

  private static final WriteRequest.Points POINTS =
      new WriteRequest.Points() {
        @Override
        public long timeMillis(int index) {
          return TIMES[index];
        }

        @Override
        public long valueBits(int index) {
          return BITS[index];
        }
      };

  @Test
  void writesTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("remote-write.md");
    var labels = new ExpositionBuffer(16);
    SeriesMessages.addLabel("__name__", "up", labels);
    SeriesMessages.addLabel("job", "x", labels);
    var request = new WriteRequest();
    for (int again = 0; again < 2; again++) {
      request.clear();
      request.add(labels.toByteArray(), POINTS, 1, 3);
    }

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), request.toByteArray());
    assertEquals(2, request.samples());
    assertEquals(example.bytes().length, request.length());
  }
}
