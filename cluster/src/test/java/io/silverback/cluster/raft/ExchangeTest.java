package io.silverback.cluster.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.simulation.MemoryFabric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExchangeTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LATE = Duration.ofSeconds(10);

  private final MemoryFabric fabric = new MemoryFabric(1);
  private final Member a = TestViews.member("a", 1, 11);
  private final Member b = TestViews.member("b", 2, 12);
  private final Network network = fabric.node(a);
  private final Network peer = fabric.node(b);

  @AfterEach
  void stop() {
    fabric.close();
  }

  @Test
  void requestGetsItsAnswer() throws IOException {
    try (var asking = new Exchange(network, 2, (_, _, _) -> new byte[0]);
        var answering =
            new Exchange(peer, 2, (from, topic, body) -> (from + "/" + topic).getBytes(UTF_8))) {
      asking.start();
      answering.start();
      String answer = new String(asking.ask("b:9095", 3, new byte[] {1}, LATE), UTF_8);
      assertTrue(answer.contains("nodeId=a") && answer.endsWith("/3"), answer);
    }
  }

  @Test
  void refusalFailsAtOnceAndSilenceInTime() {
    try (var asking = new Exchange(network, 2, (_, _, _) -> new byte[0]);
        var refusing =
            new Exchange(
                peer,
                2,
                (_, _, _) -> {
                  throw new IOException("not now");
                })) {
      asking.start();
      refusing.start();
      assertTrue(failure(asking, "b:9095", LATE).startsWith("refused"));
      assertTrue(failure(asking, "nobody:9095", SOON).startsWith("no answer"));
    }
  }

  @Test
  void requestsThatWaitAreBoundedAndEndWithTheExchange() throws InterruptedException {
    var asking = new Exchange(network, 1, (_, _, _) -> new byte[0]);
    asking.start();
    var started = new CountDownLatch(1);
    peer.receive(Network.Channel.CONSENSUS, (_, _) -> started.countDown());
    var outcome = new ArrayBlockingQueue<String>(1);
    Thread.ofVirtual().start(() -> outcome.add(failure(asking, "b:9095", LATE)));
    assertTrue(started.await(10, TimeUnit.SECONDS));
    assertTrue(failure(asking, "b:9095", LATE).startsWith("too many"));
    asking.close();
    assertEquals("refused: address=b:9095 topic=1", outcome.poll(10, TimeUnit.SECONDS));
    assertTrue(failure(asking, "b:9095", LATE).startsWith("closed"));
  }

  @Test
  void strayMessagesAreIgnored() throws IOException {
    try (var asking = new Exchange(network, 2, (_, _, body) -> body);
        var answering = new Exchange(peer, 2, (_, _, body) -> body)) {
      asking.start();
      answering.start();
      for (int length = 0; length < 2 * Exchange.HEADER_LENGTH; length++) {
        for (byte kind = 0; kind < 5; kind++) {
          byte[] stray = new byte[length];
          if (length > 0) {
            stray[0] = kind;
          }
          peer.send("a:9095", Network.Channel.CONSENSUS, stray);
        }
      }
      byte[] body = {4, 2};
      assertArrayEquals(body, asking.ask("b:9095", 1, body.clone(), LATE));
    }
  }

  @Test
  void requestIsAsThePageSays() throws IOException, InterruptedException {
    byte[] page = exampleBytes();
    var heard = new ArrayBlockingQueue<List<Object>>(1);
    try (var answering =
        new Exchange(
            network,
            1,
            (_, topic, body) -> {
              heard.add(List.of(topic, HexFormat.of().formatHex(body)));
              return new byte[] {7};
            })) {
      answering.start();
      var answers = new ArrayBlockingQueue<byte[]>(1);
      peer.receive(Network.Channel.CONSENSUS, (_, answer) -> answers.add(answer));
      peer.send("a:9095", Network.Channel.CONSENSUS, page.clone());
      byte[] answer = answers.poll(10, TimeUnit.SECONDS);
      assertEquals(List.of(2, "0a0b"), heard.poll());
      byte[] expected = Arrays.copyOf(page, Exchange.HEADER_LENGTH + 1);
      expected[Exchange.KIND_OFFSET] = Exchange.ANSWER;
      expected[Exchange.HEADER_LENGTH] = 7;
      assertArrayEquals(expected, answer);
    }
  }

  private static byte[] exampleBytes() throws IOException {
    Path page = Path.of("../docs/formats/consensus-messages.md");
    String line =
        Files.readAllLines(page).stream()
            .filter(text -> text.startsWith("bytes"))
            .findFirst()
            .orElseThrow();
    return HexFormat.of().parseHex(line.split("\\|", -1)[1].replace(" ", ""));
  }

  private static String failure(Exchange exchange, String address, Duration timeout) {
    return String.valueOf(
        assertThrows(IOException.class, () -> exchange.ask(address, 1, new byte[0], timeout))
            .getMessage());
  }
}
