package io.silverback.server.writers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.writers.GroupClients.Client;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class GroupClientsTest {
  private static final GroupingKey KEY = new GroupingKey(Labels.of("job", "a"));

  private long nowMillis = 1000;
  private final GroupClients clients = new GroupClients(() -> nowMillis++);

  @Test
  void aClientIsAnAddressAndWhatItSaysThatItIs() {
    clients.pushed(KEY, "10.0.0.1", "curl");
    clients.refused(KEY, "10.0.0.1", "curl", "no");
    clients.pushed(KEY, "10.0.0.1", "go");
    clients.pushed(KEY, "10.0.0.2", "curl");
    clients.pushed(KEY, "10.0.0.1", "curl");

    assertEquals(
        List.of(
            new Client("10.0.0.1", "curl", 1004, 2, 1001, 1, "no"),
            new Client("10.0.0.2", "curl", 1003, 1, 0, 0, ""),
            new Client("10.0.0.1", "go", 1002, 1, 0, 0, "")),
        clients.of(KEY));
    assertEquals(List.of(), clients.of(new GroupingKey(Labels.of("job", "b"))));
  }

  @Test
  void theLastOnesOfAGroupAreKept() {
    for (int i = 0; i < 20; i++) {
      clients.pushed(KEY, "10.0.0." + i, "");
    }

    assertEquals(
        IntStream.range(0, GroupClients.MOST).mapToObj(i -> "10.0.0." + (19 - i)).toList(),
        clients.of(KEY).stream().map(Client::address).toList());
  }

  @Test
  void howMuchIsKeptIsBounded() {
    for (int i = 0; i < 30_000; i++) {
      clients.pushed(group(i), "10.0.0.1", "");
      clients.pushed(group(i), "10.0.0.2", "");
      clients.pushed(group(0), "10.0.0.3", "");
    }
    long kept = IntStream.range(1, 30_000).filter(i -> !clients.of(group(i)).isEmpty()).count();
    assertEquals(3, clients.of(group(0)).size(), "one that is pushed to is not forgotten");
    assertTrue(kept > 3500 && kept <= 4096, "kept=" + kept);

    for (int i = 0; i < 3000; i++) {
      clients.pushed(wide(i), "10.0.0.1", "");
    }
    assertTrue(
        IntStream.range(0, 3000).filter(i -> !clients.of(wide(i)).isEmpty()).count()
            <= (8 << 20) / 7000);
    clients.pushed(new GroupingKey(Labels.of("job", "x".repeat(20_000))), "10.0.0.1", "");
    assertEquals(List.of(), clients.of(new GroupingKey(Labels.of("job", "x".repeat(20_000)))));
  }

  private static GroupingKey wide(int number) {
    return new GroupingKey(Labels.of("job", "x".repeat(7000) + number));
  }

  private static GroupingKey group(int number) {
    return new GroupingKey(Labels.of("job", "a", "n", Integer.toString(number)));
  }

  @Test
  void longTextsAreCut() {
    clients.refused(KEY, "a".repeat(1000), "b".repeat(1000), "c".repeat(1000));

    Client client = clients.of(KEY).getFirst();
    assertEquals("a".repeat(64) + "...", client.address().substring(0, 67));
    assertTrue(client.agent().length() < 150, client.agent());
    assertTrue(client.reason().length() < 280, client.reason());
  }

  @Test
  void whatServersKnowOfOneClientIsAddedUp() {
    assertEquals(
        List.of(
            new Client("a", "x", 7, 5, 6, 3, "new"),
            new Client("a", "y", 0, 0, 5, 1, "y"),
            new Client("b", "x", 4, 1, 0, 0, "")),
        GroupClients.united(
            List.of(
                new Client("b", "x", 4, 1, 0, 0, ""),
                new Client("a", "x", 7, 2, 3, 1, "old"),
                new Client("a", "y", 0, 0, 5, 1, "y"),
                new Client("a", "x", 2, 3, 6, 2, "new"))));
    assertEquals(
        GroupClients.MOST,
        GroupClients.united(
                IntStream.range(0, 20)
                    .mapToObj(i -> new Client("a" + i, "", i, 1, 0, 0, ""))
                    .toList())
            .size());
  }
}
