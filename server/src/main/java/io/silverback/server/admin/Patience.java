package io.silverback.server.admin;

import io.silverback.server.admin.Conversation.Reply;
import io.silverback.server.admin.Server.UnreachedException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;

/** Asks again and again until something has happened, for a bounded time. Not thread-safe. */
final class Patience {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** What one request may take; a server that hangs must not take all the time there is. */
  private static final Duration MOST_EACH = Duration.ofSeconds(30);

  /** How long the server may wait before it answers, if it takes a time. */
  private static final Duration MOST_THERE = Duration.ofSeconds(10);

  private final Conversation conversation;
  private final long deadline;
  private final PrintStream progress;
  private String last = "";

  /**
   * Patience for that long from now on.
   *
   * @param progress where to say what is waited for, whenever that changes
   */
  Patience(Conversation conversation, Duration most, PrintStream progress) {
    this.conversation = conversation;
    this.deadline = System.nanoTime() + most.toNanos();
    this.progress = progress;
  }

  /**
   * The first reply of which nothing is missing, or empty if there was none in time.
   *
   * @param waitsForServer false to fail if the first request is not answered
   * @param path made of the milliseconds that the server may wait before it answers
   * @param missing what is missing in a reply; empty for nothing
   */
  Optional<Reply> ask(
      String method,
      LongFunction<String> path,
      boolean waitsForServer,
      Function<Reply, String> missing) {
    boolean isFirst = true;
    while (true) {
      String reason;
      try {
        Reply reply =
            conversation.ask(
                method, path.apply(least(left(), MOST_THERE).toMillis()), least(left(), MOST_EACH));
        reason = missing.apply(reply);
        if (reason.isEmpty()) {
          return Optional.of(reply);
        }
      } catch (UnreachedException e) {
        reason = String.valueOf(e.getMessage());
        if (isFirst && !waitsForServer) {
          throw conversation.failed(reason);
        }
      }
      isFirst = false;
      tell(reason);
      if (left().compareTo(PAUSE) < 0) {
        return Optional.empty();
      }
      pause();
    }
  }

  /** What was missing last. */
  String last() {
    return last;
  }

  private void tell(String reason) {
    if (!reason.equals(last)) {
      last = reason;
      progress.println("waiting: " + reason);
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw conversation.failed("interrupted");
    }
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
