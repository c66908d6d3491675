package io.silverback.server.storage.files;

import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.maps.Envelope;
import io.silverback.server.storage.maps.EnvelopeScanner;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeRenewal;
import io.silverback.server.storage.pages.RenewedEntries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Moves the entries of an earlier generation's files into new maps.
 *
 * <p>Only entries count, each of which can be judged by itself; where the old maps thought them to
 * be is not looked at. So it makes no difference whether the earlier process came to its end, and
 * whatever happened to a file costs only the entries that it happened to. An entry that is there
 * twice, since its process ended while it was written, counts as it was written last.
 */
public final class StoreRecovery implements EnvelopeScanner.Visitor {
  private static final Log log = Log.of(StoreRecovery.class);

  /** After that many, damage is counted and not logged one by one any more. */
  private static final int LOGGED = 20;

  private final OffHeapMaps maps;
  private final EnvelopeScanner scanner;
  private final Optional<StepwiseMove> move;
  private final BooleanSupplier isClosing;
  private long lastSequence;
  private int interrupted;
  private int redone;
  private int damaged;
  private RenewedEntries renewed = new RenewedEntries(Generation.FORMAT);
  private boolean inLanes;
  private boolean isUnfinished;

  /**
   * A recovery that has not begun.
   *
   * @param magic the number of the store
   * @param maps that take the entries, empty and used by nobody else
   * @param move is told what has moved; empty to leave the old files as they are
   * @param isClosing true once nobody wants the result any more
   */
  public StoreRecovery(
      long magic, OffHeapMaps maps, Optional<StepwiseMove> move, BooleanSupplier isClosing) {
    this.maps = maps;
    this.move = move;
    this.isClosing = isClosing;
    this.scanner = new EnvelopeScanner(magic, OffHeapMaps.longestEnvelope(), this);
  }

  /**
   * What came of a recovery.
   *
   * @param interrupted how many writes were under way when the earlier process ended
   * @param redone how many of them had not reached their map whole, and now have
   * @param damaged how many files or entries could not be read
   */
  public record Result(long lastSequence, int interrupted, int redone, int damaged) {}

  /**
   * Reads a generation that a start did not finish. It may lack anything; what was moved there and
   * not left in the old files is sound.
   */
  void runUnfinished(Generation generation) throws IOException {
    isUnfinished = true;
    renewed = new RenewedEntries(generation.format());
    for (String name : OffHeapMaps.fileNames()) {
      Path file = generation.folder().resolve(name);
      if (Files.isRegularFile(file)) {
        scan(file, name);
      }
    }
    isUnfinished = false;
  }

  /**
   * Reads all files of a generation.
   *
   * @param next where the new maps have their files, and an old one is as long at least
   * @throws StoreClosedException if it is not wanted any more
   */
  public void run(Generation generation, Path next) throws IOException {
    renewed = new RenewedEntries(generation.format());
    for (String name : OffHeapMaps.fileNames()) {
      Path file = generation.folder().resolve(name);
      if (!Files.isRegularFile(file)) {
        damaged++;
        log.error("a file of the store is missing", "file", file.toString());
        continue;
      }
      if (Files.size(file) < Files.size(next.resolve(name))) {
        damaged++;
        log.error(
            "a file of the store was cut off or is not a file of a store", "file", file.toString());
      }
      if (!name.equals(OffHeapMaps.LANES) && isBlank(file)) {
        damaged++;
        log.error("a file of the store begins with zeros", "file", file.toString());
      }
      scan(file, name);
    }
    if (generation.format() <= ShapeRenewal.FORMAT_WITHOUT_ORDER) {
      maps.continueAfter(lastSequence);
      new ShapeRenewal(maps).run();
    }
  }

  private void scan(Path file, String name) throws IOException {
    inLanes = name.equals(OffHeapMaps.LANES);
    scanner.scan(file);
  }

  /** Maps begin with a description of themselves, so a file that does not has lost it at least. */
  private static boolean isBlank(Path file) throws IOException {
    try (var bytes = Files.newInputStream(file)) {
      return Arrays.equals(bytes.readNBytes(Long.BYTES), new byte[Long.BYTES]);
    }
  }

  /** What came of it so far. */
  public Result result() {
    return new Result(lastSequence, interrupted, redone, damaged);
  }

  @Override
  public void found(UnsafeBuffer envelope) {
    if (isClosing.getAsBoolean()) {
      throw new StoreClosedException();
    }
    byte[] key = new byte[Envelope.keyLength(envelope)];
    envelope.getBytes(Envelope.KEY_OFFSET, key);
    lastSequence = Math.max(lastSequence, Envelope.sequence(envelope));
    maps.numbered(Envelope.map(envelope))
        .ifPresent(
            map -> {
              boolean taken = map.adopt(key, renewed(map, envelope, key));
              if (inLanes) {
                interrupted++;
                redone += taken ? 1 : 0;
              }
            });
  }

  private UnsafeBuffer renewed(OffHeapMap map, UnsafeBuffer envelope, byte[] key) {
    if (map == maps.groups) {
      return renewed.group(envelope, key);
    }
    return map == maps.pages ? renewed.page(envelope, key) : envelope;
  }

  @Override
  public void passed(Path file, long from, long to) throws IOException {
    if (move.isPresent() && !inLanes) {
      move.get().passed(file, from, to);
    }
  }

  @Override
  public void damaged(Path file, long offset) {
    if (isUnfinished) {
      return;
    }
    damaged++;
    if (damaged <= LOGGED) {
      log.warn(
          "an entry of the store is damaged and left out",
          "file",
          file.toString(),
          "offset",
          offset);
    }
  }
}
