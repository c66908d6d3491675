package io.silverback.cluster.message;

import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.codec.bytes.MalformedBytesException;
import java.util.List;

/** Reads bytes as peers send them; throws {@link MalformedBytesException} for others. */
public final class PeerInputs {
  private PeerInputs() {}

  public static void readMessage(byte[] bytes) {
    PeerMessageCodec.decode(bytes);
  }

  /** A seed. */
  public static byte[] message() {
    return PeerMessageCodec.encode(
        new PeerMessage.Grant(1, 9, 2, true, 3, 4, List.of(new PeerMessage.ProcessId("a", 1))));
  }

  /** The same of a view. */
  public static byte[] view() {
    var member = new Member("a", 1, 2, "127.0.0.1:1", "127.0.0.1:2", "z", false);
    return new View(
            3,
            4,
            List.of(new View.Seat(member, true, true, 0)),
            List.of(new View.Removed(member, 2, 5, 1)),
            SlotTable.EMPTY)
        .encode();
  }
}
