package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.OpaqueFields;
import java.io.ByteArrayOutputStream;

/**
 * Collects the fields of one message that the model does not hold, as encoded. Not thread-safe.
 *
 * <p>Exemplars and timestamps are read through first: a scraper will decode them, and fails as a
 * whole if he cannot.
 */
final class OpaqueCollector {
  private final ProtobufInput in;
  private final ByteArrayOutputStream encoded = new ByteArrayOutputStream(0);

  OpaqueCollector(ProtobufInput in) {
    this.in = in;
  }

  /** What was collected since the last call. */
  OpaqueFields take() {
    if (encoded.size() == 0) {
      return OpaqueFields.NONE;
    }
    OpaqueFields fields = OpaqueFields.of(encoded.toByteArray());
    encoded.reset();
    return fields;
  }

  void clear() {
    encoded.reset();
  }

  void keepUnknown() {
    int from = in.fieldOffset();
    in.skip();
    in.copySince(from, encoded);
  }

  void keepExemplar() {
    int from = in.fieldOffset();
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case EXEMPLAR_LABEL -> checkLabel();
        case EXEMPLAR_VALUE -> in.number();
        case EXEMPLAR_TIMESTAMP -> checkTimestamp();
        default -> in.skip();
      }
    }
    in.leave(outer);
    in.copySince(from, encoded);
  }

  void keepTimestamp() {
    int from = in.fieldOffset();
    checkTimestamp();
    in.copySince(from, encoded);
  }

  private void checkLabel() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case LABEL_NAME -> in.text("label name of an exemplar");
        case LABEL_VALUE -> in.text("label value of an exemplar");
        default -> in.skip();
      }
    }
    in.leave(outer);
  }

  private void checkTimestamp() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case TIMESTAMP_SECONDS, TIMESTAMP_NANOS -> in.integer();
        default -> in.skip();
      }
    }
    in.leave(outer);
  }
}
