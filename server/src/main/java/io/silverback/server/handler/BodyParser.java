package io.silverback.server.handler;

import io.silverback.codec.exposition.ExpositionReading;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ParsedSize;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.body.UnpackedBody;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import java.util.function.Predicate;

/** Parses the bodies of pushes within the memory that there is for them. Thread-safe. */
final class BodyParser {
  /** What any body may be parsed to, however little was sent. */
  private static final long ALWAYS_PARSED = 32 << 20;

  private final TextParser text;
  private final ProtobufParser protobuf = new ProtobufParser();
  private final int maxRatio;

  /** A parser that refuses the names that the validation does not allow. */
  BodyParser(NameValidation names, int maxRatio) {
    this.text = new TextParser(names);
    this.maxRatio = maxRatio;
  }

  /** A body that is all there, for which there is memory. */
  ParsedExposition parse(byte[] whole, boolean isProtobuf) {
    return isProtobuf ? protobuf.parse(whole, whole.length) : text.parse(whole, whole.length);
  }

  /**
   * What a body says.
   *
   * @param contentType for the hint in the reason if it is no text
   * @throws MalformedExpositionException if it is not valid protobuf
   * @throws UnreadableBodyException if it is not valid text, or its encoding is not
   */
  ParsedExposition parse(
      UnpackedBody body, boolean isProtobuf, String contentType, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    ExpositionReading reading = isProtobuf ? protobuf.begin() : text.begin(body.window().length());
    try {
      return body.isWhole() ? whole(reading, body.window(), memory) : pieces(reading, body, memory);
    } catch (MalformedExpositionException e) {
      if (isProtobuf) {
        throw e;
      }
      BodyBuffer window = body.window();
      throw new UnreadableBodyException(
          body.isWhole()
              ? PushHint.explain(e, window.bytes(), window.length(), contentType)
              : String.valueOf(e.getMessage()),
          e);
    }
  }

  /** Tells all that is wrong with text that is all there. */
  void faults(BodyBuffer whole, Predicate<MalformedExpositionException> wantsMore) {
    text.faults(whole.bytes(), whole.length(), wantsMore);
  }

  private static ParsedExposition whole(
      ExpositionReading reading, BodyBuffer body, LimitedMemory.Lease memory)
      throws OverLimitException {
    byte[] bytes = body.bytes();
    int length = body.length();
    if (!memory.tryTake(ParsedSize.mostOf(length))) {
      memory.take(reading.sizeOf(bytes, 0, length));
    }
    reading.read(bytes, 0, length);
    return reading.end();
  }

  private ParsedExposition pieces(
      ExpositionReading reading, UnpackedBody body, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    BodyBuffer window = body.window();
    long most = Math.max(ALWAYS_PARSED, (long) maxRatio * body.sentLength());
    long taken = 0;
    while (true) {
      int read = 0;
      int end = reading.endOfPiece(window.bytes(), read, window.length());
      while (end >= 0) {
        long size = reading.sizeOf(window.bytes(), read, end);
        taken += size;
        if (taken > most) {
          throw tooMuch();
        }
        memory.take(size);
        reading.read(window.bytes(), read, end);
        read = end;
        end =
            read == window.length()
                ? -1
                : reading.endOfPiece(window.bytes(), read, window.length());
      }
      if (body.isEnded()) {
        reading.read(window.bytes(), read, window.length());
        return reading.end();
      }
      body.slide(read);
    }
  }

  private OverLimitException tooMuch() {
    return OverLimitException.tooLarge(
        RequestLimit.PARSED_RATIO,
        "the body needs far more memory than was sent, compress it less, push less at a time or"
            + " raise --"
            + RequestLimit.PARSED_RATIO.flag()
            + ": limit="
            + maxRatio);
  }
}
