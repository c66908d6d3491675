package io.silverback.server.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.wire.Reply.After;
import io.silverback.server.wire.WireCase.Named;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Sends the same requests in all the ways in which a network may bring them: whole, byte by byte,
 * in two segments, and cut off. Each time the answers have to be those of the case, one a request,
 * and the server may have stored exactly what was pushed whole. After a case that leaves the
 * connection open comes one more request, whose answer shows that nothing of the case was left.
 *
 * <p>The server belongs to the replay, which wipes it.
 */
public final class WireReplay {
  /** Its answer shows that the server still takes requests. */
  static final String LAST = "GET /-/ready?last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  static final Reply LAST_REPLY = new Reply(200, "OK", After.SAYS_CLOSE);
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)\\{.*\\bjob=\"([^\"]*)\".*} (.*)");

  /** Inner requests of bodies are aimed at this group. */
  static final String VICTIM = "victim";

  private static final int CONNECTIONS = 64;

  private final WireClient client;
  private final AtomicInteger conversations = new AtomicInteger();

  public WireReplay(Connector connector) {
    client = new WireClient(connector);
  }

  /**
   * Replays these cases, many ways at once, and fails the test with all answers that are not right.
   *
   * @param places at how many places, spread over its bytes, each is split and cut; at each one if
   *     there are no more
   */
  void replay(List<WireCase> cases, int places) throws Exception {
    reset();
    var expected = new ConcurrentSkipListMap<String, String>(Map.of(VICTIM, "a 1"));
    var faults = new ConcurrentSkipListMap<String, String>();
    var turns = new Semaphore(CONNECTIONS);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (WireCase wire : cases) {
        for (Way way : Way.all(wire.length(), places)) {
          turns.acquire();
          threads.execute(
              () -> {
                try {
                  expected.putAll(converse(wire, way));
                } catch (IOException | RuntimeException | AssertionError e) {
                  faults.put(wire + " " + way, e.toString());
                } finally {
                  turns.release();
                }
              });
        }
      }
    }
    assertEquals(Map.of(), faults, "wrong answers");
    assertEquals(expected, stored(), "stored");
  }

  /** Sends a case once, in one write, and fails the test unless the answers are right. */
  public void sendWhole(WireCase wire) throws IOException {
    converse(wire, Way.WHOLE);
  }

  /** What the page has to show of the jobs of one conversation. */
  private Map<String, String> converse(WireCase wire, Way way) throws IOException {
    List<Named> requests = wire.named("j%05x".formatted(conversations.getAndIncrement()));
    var bytes = new ByteArrayOutputStream();
    requests.forEach(request -> bytes.writeBytes(request.bytes()));
    if (!way.isCut()) {
      bytes.writeBytes(LAST.getBytes(ISO_8859_1));
    }
    List<Answer> answers = exchange(bytes.toByteArray(), way, wire.requests());
    try {
      return way.isCut() ? checkCut(requests, way.place(), answers) : checkWhole(requests, answers);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + " answers=" + answers, e);
    }
  }

  private static Map<String, String> checkWhole(List<Named> requests, List<Answer> answers) {
    var samples = new TreeMap<String, String>();
    int at = 0;
    for (Named named : requests) {
      Reply reply = named.request().reply();
      check(reply, answers, at++);
      named.request().sample().ifPresent(sample -> samples.put(named.job(), sample));
      if (!reply.goesOn()) {
        assertEquals(at, answers.size(), "answers");
        return samples;
      }
    }
    check(LAST_REPLY, answers, at++);
    assertEquals(at, answers.size(), "answers");
    return samples;
  }

  private static Map<String, String> checkCut(List<Named> requests, int cut, List<Answer> answers) {
    var samples = new TreeMap<String, String>();
    int start = 0;
    int at = 0;
    for (Named named : requests) {
      int end = start + named.bytes().length;
      if (cut < end) {
        Optional<Answer> answer = answers.stream().skip(at).findFirst();
        boolean isUnasked = cut == start && answer.isPresent();
        if (isUnasked || !named.request().allowsWhenCut(cut - start, answer)) {
          throw new AssertionError("wrong answer to a request that is cut off: number=" + at);
        }
        at += answer.isPresent() ? 1 : 0;
        break;
      }
      check(named.request().reply(), answers, at++);
      named.request().sample().ifPresent(sample -> samples.put(named.job(), sample));
      if (!named.request().reply().goesOn()) {
        break;
      }
      start = end;
    }
    assertEquals(at, answers.size(), "answers");
    return samples;
  }

  private static void check(Reply reply, List<Answer> answers, int number) {
    if (number >= answers.size() || !reply.allows(answers.get(number))) {
      throw new AssertionError("wrong answer: number=" + number + " expected=" + reply);
    }
  }

  /** The final answers; how many may tell the client to go on is checked here. */
  private List<Answer> exchange(byte[] bytes, Way way, List<WireRequest> requests)
      throws IOException {
    byte[] back = client.exchange(way.segments(bytes), way.pace(), way.then());
    List<Answer> all = WireAnswers.parse(back, requests.stream().map(WireRequest::method).toList());
    List<Answer> finals = all.stream().filter(answer -> !WireAnswers.isInterim(answer)).toList();
    long invitations = requests.stream().filter(WireRequest::mayBeContinued).count();
    if (all.size() - finals.size() > invitations) {
      throw new AssertionError("told to go on without need: answers=" + all);
    }
    return finals;
  }

  private void reset() throws IOException {
    ask(202, "PUT /api/v1/admin/wipe HTTP/1.1\r\nHost: x\r\n", "");
    ask(200, "PUT /metrics/job/" + VICTIM + " HTTP/1.1\r\nHost: x\r\n", "a 1\n");
  }

  /** The samples on the page by job, but for the times of pushes. */
  private Map<String, String> stored() throws IOException {
    var samples = new TreeMap<String, String>();
    ask(200, "GET /metrics HTTP/1.1\r\nHost: x\r\n", "")
        .text()
        .lines()
        .forEach(
            line -> {
              var sample = SAMPLE.matcher(line);
              if (sample.matches()) {
                boolean isTime = sample.group(1).startsWith("push_");
                samples.merge(
                    sample.group(2),
                    isTime ? WireRequest.EMPTY_GROUP : sample.group(1) + " " + sample.group(3),
                    WireReplay::both);
              }
            });
    return samples;
  }

  private static String both(String some, String more) {
    return some.isEmpty() || more.isEmpty() ? some + more : some + ", " + more;
  }

  private Answer ask(int status, String head, String body) throws IOException {
    String request =
        head + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    List<Answer> answers = exchange(request.getBytes(ISO_8859_1), Way.WHOLE, List.of());
    assertEquals(1, answers.size(), answers::toString);
    assertEquals(status, answers.getFirst().status(), answers::toString);
    return answers.getFirst();
  }
}
