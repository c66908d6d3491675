package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.AcceptEncoding;
import io.silverback.codec.exposition.EscapingScheme;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ExpositionFormat;
import io.silverback.codec.exposition.ExpositionRenderer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.exposition.ProtobufTextRenderer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.Family;
import io.silverback.server.gzip.GzipPage;
import io.silverback.server.gzip.SegmentCache;
import io.silverback.server.http.AnswerStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;

/** Answers with families, in the format that the client asks for. Thread-safe. */
final class PageWriter {
  /** From how much on a piece of a page in gzip may end. */
  private static final int BORDER_BYTES = 16 * 1024;

  private static final int CHUNK_BYTES = 64 * 1024;

  private static final ExpositionRenderer TEXT = new TextRenderer();
  private static final ExpositionRenderer PROTOBUF = new ProtobufRenderer();
  private static final ExpositionRenderer PROTOBUF_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.INDENTED);
  private static final ExpositionRenderer PROTOBUF_COMPACT_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.COMPACT);

  private final SegmentCache deflated;

  /**
   * A writer.
   *
   * @param deflated pieces of the pages that were sent before
   */
  PageWriter(SegmentCache deflated) {
    this.deflated = deflated;
  }

  /**
   * Writes a page, all but its end.
   *
   * @return to be closed only when the page is whole: one that a fault cut off must not look as if
   *     it had ended
   */
  OutputStream begin(
      ServerRequest request, ServerResponse response, Iterator<? extends Family> families)
      throws IOException {
    var format = ExpositionFormat.negotiate(request.headers().first(HeaderNames.ACCEPT).orElse(""));
    boolean gzip =
        AcceptEncoding.acceptsGzip(request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse(""));
    response.status(200).header(HeaderNames.CONTENT_TYPE, format.contentType());
    if (gzip) {
      response.header(HeaderNames.CONTENT_ENCODING, "gzip");
    }
    OutputStream body = AnswerStream.open(request, response);
    OutputStream out = gzip ? new GzipPage(body, deflated) : body;
    int borderBytes = gzip ? BORDER_BYTES : CHUNK_BYTES;
    write(
        families,
        rendererOf(format),
        format.escaping(),
        ExpositionBuffer.into(out, borderBytes, CHUNK_BYTES),
        out);
    return out;
  }

  private static ExpositionRenderer rendererOf(ExpositionFormat format) {
    return switch (format.encoding()) {
      case TEXT -> TEXT;
      case PROTOBUF_DELIMITED -> PROTOBUF;
      case PROTOBUF_TEXT -> PROTOBUF_TEXT;
      case PROTOBUF_COMPACT_TEXT -> PROTOBUF_COMPACT_TEXT;
    };
  }

  private static void write(
      Iterator<? extends Family> families,
      ExpositionRenderer renderer,
      EscapingScheme escaping,
      ExpositionBuffer buffer,
      OutputStream out)
      throws IOException {
    while (families.hasNext()) {
      renderer.render(escaping.escape(families.next()), buffer);
      if (buffer.length() >= CHUNK_BYTES) {
        buffer.drainTo(out);
      }
    }
    buffer.drainTo(out);
  }
}
