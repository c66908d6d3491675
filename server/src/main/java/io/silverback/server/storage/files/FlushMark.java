package io.silverback.server.storage.files;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the file {@code flushed} of a generation says: all of its files were on the disk at that
 * moment. Layout: {@code docs/formats/store.md}.
 *
 * @param wallMillis when that was, in milliseconds since the epoch
 * @param groups how many existed
 * @param boot the start of the operating system in which the files were used; {@link Disk#NO_BOOT}
 *     if nothing was written to them since
 */
record FlushMark(long wallMillis, long groups, UUID boot) {
  static final String NAME = "flushed";

  private static final int TIME_OFFSET = Long.BYTES;
  private static final int GROUPS_OFFSET = TIME_OFFSET + Long.BYTES;
  private static final int BOOT_OFFSET = GROUPS_OFFSET + Long.BYTES;
  private static final int CHECKSUM_OFFSET = BOOT_OFFSET + 2 * Long.BYTES;
  private static final int LENGTH = CHECKSUM_OFFSET + Integer.BYTES;

  /** That of a generation; empty if it has none, or a damaged one, or that of another store. */
  static Optional<FlushMark> read(Path folder, long magic) throws IOException {
    Path file = folder.resolve(NAME);
    return Files.isRegularFile(file) && Files.size(file) == LENGTH
        ? decode(Files.readAllBytes(file), magic)
        : Optional.empty();
  }

  /** True if the operating system has ended since, so that it may not have written all. */
  boolean isBeforeAnotherBoot(UUID now) {
    return !boot.equals(Disk.NO_BOOT) && !boot.equals(now);
  }

  /**
   * True if the process came to close the store, so that nothing has changed since; false where the
   * operating system does not tell its starts apart.
   *
   * @param now the start of the operating system
   */
  boolean isOfAnEnd(UUID now) {
    return boot.equals(Disk.NO_BOOT) && !now.equals(Disk.NO_BOOT);
  }

  ByteBuffer encode(long magic) {
    ByteBuffer bytes = ByteBuffer.allocate(LENGTH).order(LITTLE_ENDIAN);
    bytes.putLong(magic).putLong(wallMillis).putLong(groups);
    bytes.putLong(boot.getMostSignificantBits()).putLong(boot.getLeastSignificantBits());
    return bytes.putInt(checksum(bytes.array())).flip();
  }

  static Optional<FlushMark> decode(byte[] file, long magic) {
    var bytes = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
    boolean isSound =
        file.length == LENGTH
            && bytes.getLong(0) == magic
            && bytes.getInt(CHECKSUM_OFFSET) == checksum(file);
    return isSound
        ? Optional.of(
            new FlushMark(
                bytes.getLong(TIME_OFFSET),
                bytes.getLong(GROUPS_OFFSET),
                new UUID(bytes.getLong(BOOT_OFFSET), bytes.getLong(BOOT_OFFSET + Long.BYTES))))
        : Optional.empty();
  }

  private static int checksum(byte[] bytes) {
    var checksum = new CRC32C();
    checksum.update(bytes, 0, CHECKSUM_OFFSET);
    return (int) checksum.getValue();
  }
}
