package io.silverback.codec.remotewrite;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufOutput;
import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.remoteread.SeriesMessages;
import java.util.Collection;

/** The {@code WriteRequest} of remote write 1.0. Layout: {@code docs/formats/remote-write.md}. */
public final class WriteRequest {
  private WriteRequest() {}

  static byte[] of(WriteBatch batch) {
    var bytes = new ExpositionBuffer((int) Math.min(batch.mostBytes(), 1 << 30));
    var out = new ProtobufOutput(bytes);
    for (WriteBatch.Series series : batch.series()) {
      int start = out.open(1);
      for (int i = 0; i < series.labels().size(); i += 2) {
        SeriesMessages.addLabel(series.labels().get(i), series.labels().get(i + 1), bytes);
      }
      for (int i = series.from(); i < series.to(); i++) {
        SeriesMessages.putSample(batch.timeMillis(i), batch.valueBits(i), bytes);
      }
      out.close(start);
    }
    return bytes.toByteArray();
  }

  /** A request that has metadata of families and no samples. */
  public static byte[] ofMetadata(Collection<FamilyMetadata> families) {
    var bytes = new ExpositionBuffer(1024);
    var out = new ProtobufOutput(bytes);
    for (FamilyMetadata family : families) {
      int start = out.open(3);
      int type = WriteProtocol.numberOf(family.type());
      if (type != 0) {
        out.integer(1, type);
      }
      out.text(2, family.name());
      textUnlessEmpty(4, family.help(), out);
      textUnlessEmpty(5, family.unit(), out);
      out.close(start);
    }
    return bytes.toByteArray();
  }

  private static void textUnlessEmpty(int field, String text, ProtobufOutput out) {
    if (!text.isEmpty()) {
      out.text(field, text);
    }
  }
}
