package io.silverback.server.remotewrite;

import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far each target got, in a file if the store is in files. A target that is taken out keeps its
 * place, and goes on from there when it comes back. Thread-safe. Layout: {@code
 * docs/formats/store.md}.
 */
final class Cursors {
  static final String FILE = "remote-write";

  private static final Log log = Log.of(Cursors.class);
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 1, System::nanoTime);

  private static final String HEAD = "silverback remote-write 1";
  private static final int MOST_BYTES = 1 << 20;

  /** Names come and go by reloads; the one that is oldest goes first. */
  private static final int MOST_TARGETS = 256;

  private final Optional<Path> file;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Cursor> cursors = new TreeMap<>();

  /**
   * Goes on with those of a file.
   *
   * @param folder where the file is; empty to keep none
   */
  Cursors(Optional<Path> folder) {
    file = folder.map(path -> path.resolve(FILE));
    file.filter(Files::exists).ifPresent(this::read);
  }

  Optional<Cursor> of(String target) {
    lock.lock();
    try {
      return Optional.ofNullable(cursors.get(target));
    } finally {
      lock.unlock();
    }
  }

  /** Keeps how far a target got. That it cannot be written is said in the log alone, at times. */
  void put(String target, Cursor cursor) {
    lock.lock();
    try {
      cursors.put(target, cursor);
      if (cursors.size() > MOST_TARGETS) {
        cursors.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(target))
            .min(Map.Entry.comparingByValue((a, b) -> Long.compare(a.doneMillis(), b.doneMillis())))
            .map(Map.Entry::getKey)
            .ifPresent(cursors::remove);
      }
      if (file.isPresent()) {
        write(file.get());
      }
    } finally {
      lock.unlock();
    }
  }

  private void write(Path to) {
    var text = new StringBuilder(HEAD).append('\n');
    cursors.forEach(
        (name, cursor) ->
            text.append(cursor.doneMillis())
                .append(' ')
                .append(cursor.begunMillis())
                .append(' ')
                .append(name)
                .append('\n'));
    try {
      Path unfinished = to.resolveSibling(FILE + ".in_progress");
      Files.writeString(unfinished, text);
      Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      failures.warn(
          "write",
          "cannot keep how far remote write got, a restart will begin with what is pushed then",
          "file",
          to,
          "reason",
          FileFailure.reason(e));
    }
  }

  private void read(Path from) {
    try (InputStream in = Files.newInputStream(from)) {
      String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
      if (!text.startsWith(HEAD + "\n")) {
        throw new IOException("it is not of this version");
      }
      text.lines().skip(1).forEach(this::readLine);
    } catch (IOException e) {
      log.warn(
          "cannot read how far remote write got, it begins with what is pushed now",
          "file",
          from,
          "reason",
          FileFailure.reason(e));
    }
  }

  private void readLine(String line) {
    String[] fields = line.split(" ", 3);
    try {
      if (fields.length == 3) {
        long done = Long.parseLong(fields[0]);
        cursors.put(fields[2], new Cursor(done, Math.max(done, Long.parseLong(fields[1]))));
      }
    } catch (NumberFormatException _) {
      // That target begins anew.
    }
  }
}
