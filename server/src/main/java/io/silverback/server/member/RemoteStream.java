package io.silverback.server.member;

import io.silverback.cluster.Member;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Deadline;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a member, whose next piece is asked for while the last one is read. Not thread-safe.
 *
 * <p>All methods throw {@link StoreNotReadyException} with the name of the member if it does not
 * answer.
 */
final class RemoteStream implements PieceReader.Source {
  /** A question is given up before that by the node itself. */
  private static final Duration LONGEST_QUESTION = Duration.ofMinutes(1);

  private final ClusterNode node;
  private final Member member;
  private final Asked opening;
  private final long deadlineNanos;
  private final Duration patience;
  private byte[] id = {};
  private boolean hasPiece;
  private @Nullable Asked next;

  /**
   * Begins a stream; does not wait.
   *
   * @param question for a stream
   * @param deadlineNanos until when the first piece must be there
   * @param patience how long to wait for each of the others
   */
  RemoteStream(
      ClusterNode node,
      Member member,
      ServerQuestion question,
      long deadlineNanos,
      Duration patience) {
    this.node = node;
    this.member = member;
    this.deadlineNanos = deadlineNanos;
    this.patience = patience;
    this.opening = Asked.ask(node, member, question);
  }

  Member member() {
    return member;
  }

  /** Waits until the stream has begun, and asks for the first piece. */
  void awaitBegin() {
    long left = Math.min(deadlineNanos - System.nanoTime(), LONGEST_QUESTION.toNanos());
    if (!(opening.await(left) instanceof ServerAnswer.Streaming(var stream))) {
      throw Asked.senseless(member);
    }
    id = stream;
    next = ask(false);
  }

  private Asked ask(boolean again) {
    return Asked.ask(node, member, new ServerQuestion.Next(id, again));
  }

  @Override
  public List<byte[]> next() {
    Asked asked = next;
    return piece(asked == null ? ask(false) : asked);
  }

  @Override
  public List<byte[]> again() {
    Asked asked = next;
    if (asked != null) {
      // Questions are answered in their order, so this one would take the piece that is wanted.
      asked.await(patience.toNanos());
    }
    return piece(ask(true));
  }

  private List<byte[]> piece(Asked first) {
    next = null;
    long until = hasPiece ? System.nanoTime() + patience.toNanos() : deadlineNanos;
    Asked asked = first;
    while (true) {
      Deadline.current().lookNow();
      long left = Math.min(until - System.nanoTime(), LONGEST_QUESTION.toNanos());
      if (!(asked.await(left) instanceof ServerAnswer.Piece(var records))) {
        throw Asked.senseless(member);
      }
      if (!records.isEmpty()) {
        hasPiece = true;
        next = isLast(records.getLast()) ? null : ask(false);
        return records;
      }
      asked = ask(false);
    }
  }

  private boolean isLast(byte[] record) {
    try {
      int kind = new ByteInput(record).u8();
      return kind == PieceWriter.PAUSE || kind == PieceWriter.END;
    } catch (MalformedBytesException _) {
      throw Asked.senseless(member);
    }
  }

  /** Ends the stream; the answer says what came of it. */
  Asked end() {
    return Asked.ask(node, member, new ServerQuestion.End(id));
  }

  /** Lets the member give everything back, also that of a stream that may have begun. */
  void abandon() {
    if (id.length > 0) {
      end();
      return;
    }
    var _ =
        opening
            .answer()
            .thenAccept(
                answer -> {
                  if (answer.isPresent()
                      && ServerAnswer.decode(answer.get())
                          instanceof ServerAnswer.Streaming(var stream)) {
                    Asked.ask(node, member, new ServerQuestion.End(stream));
                  }
                });
  }
}
