package io.silverback.cluster.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.Network.Knock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KnocksTest {
  private final Addresses addresses = new Addresses();
  private final Knocks knocks = new Knocks(addresses);

  @AfterEach
  void close() {
    addresses.close();
  }

  @Test
  void onlyADoorThatNobodyListensAtRefuses() throws IOException, InterruptedException {
    int port;
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = listener.getLocalPort();
      // It never accepts, as one that stands still.
      assertEquals(Knock.NOT_REFUSED, knock("127.0.0.1:" + port));
    }
    assertEquals(Knock.REFUSED, knock("127.0.0.1:" + port));
  }

  @Test
  void whatIsNotKnownIsNoRefusal() throws InterruptedException {
    assertEquals(Knock.NOT_REFUSED, knock("no-such-host.invalid:9"));
  }

  private Knock knock(String address) throws InterruptedException {
    var answer = new ArrayBlockingQueue<Knock>(1);
    knocks.knock(HostPort.parse(address), answer::add);
    return answer.poll(30, TimeUnit.SECONDS);
  }
}
