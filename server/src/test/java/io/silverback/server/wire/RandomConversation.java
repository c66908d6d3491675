package io.silverback.server.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.wire.WireClient.Pace;
import io.silverback.server.wire.WireClient.Then;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/** Some random requests on one connection, sent at once. */
public record RandomConversation(List<RandomRequest> requests, boolean isCut) {
  private static final int MOST_REQUESTS = 3;
  private static final int CUT_IN = 8;
  private static final int REFUSED = 400;

  /** Of heads; each means one of several faults. */
  private static final Set<Integer> REFUSALS = Set.of(REFUSED, 417, 501, 505);

  /**
   * A conversation that the random numbers choose.
   *
   * @param jobs how the names of its jobs start, which no other conversation has
   */
  public static RandomConversation next(Random random, String jobs) {
    var requests = new ArrayList<RandomRequest>();
    int count = random.nextInt(1, MOST_REQUESTS + 1);
    for (int i = 0; i < count; i++) {
      requests.add(RandomRequest.next(random, jobs + "_" + i));
    }
    boolean isCut = random.nextInt(CUT_IN) == 0;
    if (isCut) {
      requests.add(requests.removeLast().cut());
    }
    return new RandomConversation(List.copyOf(requests), isCut);
  }

  /** The statuses that the server under test answers with. */
  public List<Integer> statuses(Connector server) throws IOException {
    return statuses(server, RandomRequest::bytes);
  }

  /** The statuses that it should answer with, as a Pushgateway shows. */
  public List<Integer> rightStatuses(Connector pushgateway) throws IOException {
    return statuses(pushgateway, RandomRequest::asIf);
  }

  private List<Integer> statuses(Connector server, Function<RandomRequest, byte[]> side)
      throws IOException {
    var bytes = new ByteArrayOutputStream();
    requests.forEach(request -> bytes.writeBytes(side.apply(request)));
    if (!isCut) {
      bytes.writeBytes(WireReplay.LAST.getBytes(ISO_8859_1));
    }
    byte[] back =
        new WireClient(server)
            .exchange(
                List.of(bytes.toByteArray()), Pace.AT_ONCE, isCut ? Then.HALF_CLOSE : Then.WAIT);
    var statuses = new ArrayList<Integer>();
    for (Answer answer :
        WireAnswers.finals(back, requests.stream().map(RandomRequest::method).toList())) {
      int at = statuses.size();
      boolean isAnyFault = at < requests.size() && requests.get(at).hasSeveralFaults();
      statuses.add(isAnyFault && REFUSALS.contains(answer.status()) ? REFUSED : answer.status());
    }
    return statuses;
  }
}
