package io.silverback.server.body;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.RefusedRequestException;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.RequestLimits;
import java.io.IOException;
import java.util.Locale;

/**
 * Receives the body of a push, and undoes its Content-Encoding: gzip, framed snappy or none.
 *
 * <p>Any other encoding is taken for none, as upstream does. Both the bytes sent and the bytes that
 * they inflate to are bounded, and are taken from the body memory as they come.
 */
public final class BodyCoding {
  private final int maxSentBytes;
  private final int maxInflatedBytes;
  private final int maxInflatedPartBytes;
  private final int maxFormBytes;

  public BodyCoding(RequestLimits limits) {
    this.maxSentBytes = limits.maxBodyBytes();
    this.maxInflatedBytes = limits.maxInflatedBytes();
    this.maxInflatedPartBytes = limits.maxInflatedPartBytes();
    this.maxFormBytes = limits.maxFormBytes();
  }

  /**
   * The body as it was sent, once all of it is there.
   *
   * @throws UnreadableBodyException if the client breaks off, or the rules of HTTP
   */
  public BodyBuffer receive(ServerRequest request, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException, IOException {
    return receive(request, new BodyBuffer(memory, RequestLimit.BODY_SIZE, maxSentBytes));
  }

  /** The same for a form, which is no push. */
  public BodyBuffer receiveForm(ServerRequest request, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException, IOException {
    return receive(request, new BodyBuffer(memory, RequestLimit.FORM_SIZE, maxFormBytes));
  }

  /** The same for a question, which is a single block of snappy, inflated. */
  public BodyBuffer receiveQuestion(ServerRequest request, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException, IOException {
    BodyBuffer sent = receiveForm(request, memory);
    var inflated = new BodyBuffer(memory, RequestLimit.FORM_SIZE, maxFormBytes);
    return SnappyBlock.inflate(sent.bytes(), sent.length(), inflated);
  }

  private static BodyBuffer receive(ServerRequest request, BodyBuffer sent)
      throws UnreadableBodyException, OverLimitException, IOException {
    Exchange exchange = Exchange.of(request);
    try {
      sent.receive(exchange.body());
    } catch (RefusedRequestException e) {
      if (e.status() != 400) {
        throw e;
      }
      exchange.endConnection();
      throw new UnreadableBodyException(e.reason());
    }
    return sent;
  }

  /** The body without its encoding. */
  public UnpackedBody unpack(ServerRequest request, BodyBuffer sent, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    return unpack(request.headers().first(HeaderNames.CONTENT_ENCODING).orElse(""), sent, memory);
  }

  /** The same for bytes that came another way, which are copied. */
  public UnpackedBody unpack(String encoding, byte[] bytes, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    var sent = new BodyBuffer(memory, RequestLimit.BODY_SIZE, maxSentBytes);
    sent.hold(bytes);
    return unpack(encoding, sent, memory);
  }

  private UnpackedBody unpack(String encoding, BodyBuffer sent, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    return switch (encoding.toLowerCase(Locale.ROOT)) {
      case "gzip" -> unpack(new Gunzip(sent.bytes(), sent.length()), sent, memory);
      case "snappy" -> unpack(new Unsnap(sent.bytes(), sent.length()), sent, memory);
      default -> UnpackedBody.asSent(sent);
    };
  }

  private UnpackedBody unpack(Unpacker unpacker, BodyBuffer sent, LimitedMemory.Lease memory)
      throws UnreadableBodyException, OverLimitException {
    return UnpackedBody.of(unpacker, sent.length(), memory, maxInflatedPartBytes, maxInflatedBytes);
  }

  /** A body cannot be read, which is a 400. */
  public static final class UnreadableBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnreadableBodyException(String reason) {
      super(reason, null, false, false);
    }

    /** The same, for those who ask where the fault is. */
    public UnreadableBodyException(String reason, Throwable cause) {
      super(reason, cause, false, false);
    }

    /** For the client. */
    public String reason() {
      return String.valueOf(getMessage());
    }
  }
}
