package io.silverback.server.handler;

import io.airlift.compress.snappy.SnappyFramedInputStream;
import io.helidon.http.BadRequestException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the body of a push whole, and undoes its Content-Encoding: gzip, framed snappy or none.
 *
 * <p>Any other encoding is taken for none, as upstream does. Both the bytes sent and the bytes that
 * they inflate to are bounded.
 */
final class BodyCoding {
  private static final int FIRST_READ = 16 * 1024;

  /** A header alone must not cost more memory than this, whatever length it announces. */
  private static final int MOST_BELIEVED = 1024 * 1024;

  private final int maxSentBytes;
  private final int maxInflatedBytes;

  BodyCoding(int maxSentBytes, int maxInflatedBytes) {
    this.maxSentBytes = maxSentBytes;
    this.maxInflatedBytes = maxInflatedBytes;
  }

  /**
   * The body as its parser wants it.
   *
   * @throws UnreadableBodyException with the reason and the status for the client
   */
  byte[] read(ServerRequest request, ServerResponse response)
      throws UnreadableBodyException, IOException {
    long announced = request.headers().contentLength().orElse(-1);
    if (announced > maxSentBytes) {
      throw tooLarge("sent", maxSentBytes);
    }
    byte[] sent;
    try (InputStream in = request.content().inputStream()) {
      sent = readAll(in, (int) announced, maxSentBytes, "sent");
    } catch (BadRequestException e) {
      // Nobody can say where the next request begins.
      LastAnswer.closeAfter(response);
      throw new UnreadableBodyException(400, String.valueOf(e.getMessage()));
    }
    String encoding =
        request.headers().first(HeaderNames.CONTENT_ENCODING).orElse("").toLowerCase(Locale.ROOT);
    return switch (encoding) {
      case "gzip" -> Gunzip.inflate(sent, maxInflatedBytes);
      case "snappy" -> unsnap(sent);
      default -> sent;
    };
  }

  private byte[] unsnap(byte[] sent) throws UnreadableBodyException {
    if (sent.length == 0) {
      return sent;
    }
    try (var in = new SnappyFramedInputStream(new ByteArrayInputStream(sent))) {
      return readAll(in, -1, maxInflatedBytes, "inflated");
    } catch (IOException | IllegalArgumentException e) {
      // upstream: golang/snappy has this one text for whatever is wrong with the bytes.
      throw new UnreadableBodyException(400, "snappy: corrupt input");
    }
  }

  private static byte[] readAll(InputStream in, int announced, int max, String kind)
      throws IOException, UnreadableBodyException {
    byte[] bytes = new byte[announced >= 0 ? Math.min(announced, MOST_BELIEVED) : FIRST_READ];
    int length = 0;
    while (true) {
      if (length == bytes.length) {
        int next = in.read();
        if (next < 0) {
          return bytes;
        }
        if (length == max) {
          throw tooLarge(kind, max);
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(max, Math.max(FIRST_READ, 2L * length)));
        bytes[length++] = (byte) next;
        continue;
      }
      int count = in.read(bytes, length, bytes.length - length);
      if (count < 0) {
        return Arrays.copyOf(bytes, length);
      }
      length += count;
    }
  }

  static UnreadableBodyException tooLarge(String kind, int max) {
    return new UnreadableBodyException(
        413,
        "the body is too large as "
            + kind
            + ", push less at a time or raise --limits.max-"
            + (kind.equals("sent") ? "body" : "inflated")
            + "-size: limit="
            + max);
  }

  /** Says which answer a body gets that cannot be read. */
  static final class UnreadableBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    UnreadableBodyException(int status, String reason) {
      super(reason, null, false, false);
      this.status = status;
    }

    int status() {
      return status;
    }

    /** For the client. */
    String reason() {
      return String.valueOf(getMessage());
    }
  }
}
