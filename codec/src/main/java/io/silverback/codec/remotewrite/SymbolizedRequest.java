package io.silverback.codec.remotewrite;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufOutput;
import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.remoteread.SeriesMessages;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The {@code Request} of remote write 2.0, in which each text is once, and series refer to it by
 * its number. Layout: {@code docs/formats/remote-write.md}.
 */
final class SymbolizedRequest {
  private static final int SYMBOLS = 4;
  private static final int SERIES = 5;

  /** In the order of their numbers, which is that in which they came. */
  private final Map<String, Integer> symbols = new LinkedHashMap<>();

  private final ExpositionBuffer bytes = new ExpositionBuffer(16 * 1024);
  private final ProtobufOutput out = new ProtobufOutput(bytes);

  private SymbolizedRequest() {
    number("");
  }

  static byte[] of(WriteBatch batch) {
    var request = new SymbolizedRequest();
    for (WriteBatch.Series series : batch.series()) {
      request.add(series, batch);
    }
    return request.withSymbols();
  }

  private void add(WriteBatch.Series series, WriteBatch batch) {
    int start = out.open(SERIES);
    int references = out.open(1);
    for (String text : series.labels()) {
      bytes.putVarint(number(text));
    }
    out.close(references);
    for (int i = series.from(); i < series.to(); i++) {
      SeriesMessages.putSample(batch.timeMillis(i), batch.valueBits(i), bytes);
    }
    addMetadata(series.family());
    out.close(start);
  }

  private void addMetadata(FamilyMetadata family) {
    int start = out.open(5);
    unlessZero(1, WriteProtocol.numberOf(family.type()));
    unlessZero(3, number(family.help()));
    unlessZero(4, number(family.unit()));
    out.close(start);
  }

  private void unlessZero(int field, int value) {
    if (value != 0) {
      out.integer(field, value);
    }
  }

  private int number(String text) {
    return symbols.computeIfAbsent(text, _ -> symbols.size());
  }

  private byte[] withSymbols() {
    var whole = new ExpositionBuffer(2 * bytes.length());
    var head = new ProtobufOutput(whole);
    symbols.keySet().forEach(text -> head.text(SYMBOLS, text));
    byte[] series = bytes.toByteArray();
    whole.put(series, 0, series.length);
    return whole.toByteArray();
  }
}
