package io.silverback.server.member;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.server.memory.MemoryPool;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The streams that other servers read from this one, a bounded number of them. Thread-safe. */
final class PieceStreams implements AutoCloseable {
  /** Of a kind, so that none waits for the other. */
  private static final int MOST = 16;

  /** Longer than a client takes that reads at all. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** Questions wait for one another, so none waits long; what is not ready is asked for again. */
  private static final Duration PATIENCE = Duration.ofMillis(20);

  private final MemoryPool memory;

  /** Not that of a stream from before a restart, most likely. */
  private final AtomicLong lastId = new AtomicLong(new SecureRandom().nextLong());

  private final Map<Long, Open> open = new ConcurrentHashMap<>();

  private record Open(PieceStream stream, Class<?> kind, Thread writer) {}

  /**
   * No streams yet.
   *
   * @param memory what the pieces take from
   */
  PieceStreams(MemoryPool memory) {
    this.memory = memory;
  }

  /** Begins a stream. */
  ServerAnswer open(PieceStream.Source source) {
    Class<?> kind = source.getClass();
    if (open.values().stream().filter(each -> each.kind() == kind).count() >= MOST) {
      return new ServerAnswer.Withheld("too many servers read from this one");
    }
    var stream = new PieceStream(source, memory, IDLE);
    long id = lastId.incrementAndGet();
    Thread writer =
        Thread.ofVirtual()
            .name("piece-stream")
            .unstarted(
                () -> {
                  try {
                    stream.run();
                  } finally {
                    open.remove(id);
                  }
                });
    open.put(id, new Open(stream, kind, writer));
    writer.start();
    return new ServerAnswer.Streaming(new ByteOutput().u64(id).finish());
  }

  /** The next piece of a stream. */
  ServerAnswer next(byte[] id, boolean again) {
    Optional<PieceStream> stream = stream(id);
    if (stream.isEmpty()) {
      return new ServerAnswer.Withheld("the server has not that stream any more");
    }
    return switch (stream.get().take(again, PATIENCE)) {
      case PieceStream.Taken.Piece(var records) -> new ServerAnswer.Piece(records);
      case PieceStream.Taken.NotYet() -> new ServerAnswer.Piece(List.of());
      case PieceStream.Taken.Failed(var reason) -> new ServerAnswer.Withheld(reason);
    };
  }

  /** Ends a stream. */
  ServerAnswer end(byte[] id) {
    PieceStream.Ended ended =
        stream(id).map(PieceStream::end).orElse(new PieceStream.Ended(false, 0));
    return new ServerAnswer.Ended(ended.holds(), ended.lost());
  }

  private Optional<PieceStream> stream(byte[] id) {
    var in = new ByteInput(id);
    Optional<Open> found = Optional.ofNullable(open.get(in.u64()));
    in.end();
    return found.map(Open::stream);
  }

  /** Ends them all; when this returns none reads the store. */
  @Override
  public void close() {
    var ending = new ArrayList<>(open.values());
    ending.forEach(each -> each.writer().interrupt());
    try {
      for (Open each : ending) {
        each.writer().join();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
