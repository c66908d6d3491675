package io.silverback.server.storage.files;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The purge horizons of a store, as a file of its generation. Layout: {@code
 * docs/formats/store.md}.
 */
public final class HorizonFile {
  static final String NAME = "horizons";

  private static final int COUNT_OFFSET = Long.BYTES;
  private static final int SLOTS_OFFSET = COUNT_OFFSET + Integer.BYTES;
  private static final int SLOT_LENGTH = Integer.BYTES + 3 * Long.BYTES;
  private static final int LONGEST = SLOTS_OFFSET + HashRing.SLOTS * SLOT_LENGTH + Integer.BYTES;

  private HorizonFile() {}

  /**
   * The horizons of the slots that have one; none if there is no file, and empty if it is damaged
   * or that of another store.
   */
  static Optional<Map<Integer, Version>> read(Path folder, long magic) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return Optional.of(Map.of());
    }
    return Files.isRegularFile(file) && Files.size(file) <= LONGEST
        ? decode(Files.readAllBytes(file), magic)
        : Optional.empty();
  }

  public static ByteBuffer encode(long magic, List<Version> horizons) {
    int count = (int) horizons.stream().filter(horizon -> horizon.isAfter(Version.NEVER)).count();
    var bytes = ByteBuffer.allocate(SLOTS_OFFSET + count * SLOT_LENGTH + Integer.BYTES);
    bytes.order(LITTLE_ENDIAN).putLong(magic).putInt(count);
    for (int slot = 0; slot < horizons.size(); slot++) {
      Version horizon = horizons.get(slot);
      if (horizon.isAfter(Version.NEVER)) {
        bytes.putInt(slot).putLong(horizon.epoch()).putLong(horizon.clock());
        bytes.putLong(horizon.incarnation());
      }
    }
    return bytes.putInt(checksum(bytes.array(), bytes.position())).flip();
  }

  public static Optional<Map<Integer, Version>> decode(byte[] file, long magic) {
    var bytes = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
    int end = file.length - Integer.BYTES;
    boolean isSound =
        end >= SLOTS_OFFSET
            && bytes.getLong(0) == magic
            && (long) bytes.getInt(COUNT_OFFSET) * SLOT_LENGTH == end - SLOTS_OFFSET
            && bytes.getInt(end) == checksum(file, end);
    if (!isSound) {
      return Optional.empty();
    }
    var horizons = new HashMap<Integer, Version>();
    bytes.position(SLOTS_OFFSET);
    while (bytes.position() < end) {
      int slot = bytes.getInt();
      var horizon = new Version(bytes.getLong(), bytes.getLong(), bytes.getLong());
      if (slot < 0 || slot >= HashRing.SLOTS) {
        return Optional.empty();
      }
      horizons.put(slot, horizon);
    }
    return Optional.of(horizons);
  }

  private static int checksum(byte[] bytes, int length) {
    var checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return (int) checksum.getValue();
  }
}
