package io.silverback.server.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.wire.WireClient.Pace;
import io.silverback.server.wire.WireClient.Then;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an attacker sends through a proxy that lets it change the groups of the job {@code teama}
 * and no others: at most one request that is allowed, and one that is not.
 *
 * @param waits true if each segment follows when something has been answered
 */
public record Attempt(List<String> segments, boolean waits) {
  static Attempt atOnce(String bytes) {
    return new Attempt(List.of(bytes), false);
  }

  /** The second segment follows after a moment. */
  static Attempt inTwo(String first, String second) {
    return new Attempt(List.of(first, second), false);
  }

  /** The second segment follows when something has been answered. */
  static Attempt late(String first, String second) {
    return new Attempt(List.of(first, second), true);
  }

  /** Sends it to a proxy, and a request that ends the connection, and returns the final answers. */
  public List<Answer> send(Connector proxy) throws IOException {
    List<byte[]> bytes =
        Stream.concat(segments.stream(), Stream.of(WireReplay.LAST))
            .map(segment -> segment.getBytes(ISO_8859_1))
            .toList();
    byte[] back =
        new WireClient(proxy)
            .exchange(bytes, waits ? Pace.AFTER_AN_ANSWER : Pace.SLOWLY, Then.WAIT);
    return WireAnswers.finals(back, List.of());
  }

  @Override
  public String toString() {
    String text = String.join("|", segments).replace("\r", "\\r").replace("\n", "\\n");
    return text.replaceAll("#{20,}", "#...");
  }
}
