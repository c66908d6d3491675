package io.silverback.server.storage.replica;

import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.server.group.GroupUpdate;
import org.jspecify.annotations.Nullable;

/**
 * An update of a client of this server. It becomes bytes when another server leads its group.
 *
 * <p>Handed from thread to thread, never used by two at once.
 */
public final class LocalUpdate implements Update {
  private final GroupUpdate update;
  private byte @Nullable [] encoded;

  public LocalUpdate(GroupUpdate update) {
    this.update = update;
  }

  @Override
  public byte[] encoded() {
    byte[] bytes = encoded;
    if (bytes == null) {
      bytes = UpdateCodec.encode(update);
      encoded = bytes;
    }
    return bytes;
  }

  @Override
  public boolean isEncoded() {
    return encoded != null;
  }

  /** What an update says, wherever it comes from. */
  static GroupUpdate read(Update update) {
    return update instanceof LocalUpdate local
        ? local.update
        : UpdateCodec.decode(update.encoded());
  }
}
