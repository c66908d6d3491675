package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Receiver;
import io.silverback.cluster.Network.Sender;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What one node got on one channel. */
final class Inbox implements Receiver {
  final List<byte[]> messages = new CopyOnWriteArrayList<>();
  final List<Sender> senders = new CopyOnWriteArrayList<>();

  static Inbox of(SealedNetwork network, Channel channel) {
    var inbox = new Inbox();
    network.receive(channel, inbox);
    return inbox;
  }

  @Override
  public void received(Sender from, byte[] message) {
    senders.add(from);
    messages.add(message);
  }

  List<String> texts() {
    return messages.stream().map(each -> new String(each, StandardCharsets.UTF_8)).toList();
  }

  void await(int count) {
    Nodes.await(count + " messages came", () -> messages.size() >= count);
  }
}
