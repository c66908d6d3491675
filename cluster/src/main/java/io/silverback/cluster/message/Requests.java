package io.silverback.cluster.message;

import io.silverback.cluster.Loop;
import io.silverback.cluster.Member;
import io.silverback.cluster.message.PeerMessage.Answer;
import io.silverback.cluster.message.PeerMessage.Question;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Questions to other nodes that wait for an answer. Each ends once, with an answer or without:
 * after its time, or at once where the message cannot be sent. Belongs to the loop.
 */
public final class Requests {
  private static final int MOST_OPEN = 100_000;

  private final Loop loop;
  private final Post post;
  private final Map<Long, Consumer<Optional<Answer>>> open = new HashMap<>();
  private long lastId;

  /** Sends messages to members. */
  @FunctionalInterface
  public interface Post {
    /** Sends a message to a member; false if it is known to be lost. */
    boolean send(Member to, PeerMessage message);

    /** Sends the same message to each of the members. */
    default void sendAll(List<Member> to, PeerMessage message) {
      to.forEach(member -> send(member, message));
    }
  }

  public Requests(Loop loop, Post post) {
    this.loop = loop;
    this.post = post;
  }

  /** Asks, and tells what came back; never before it returns. */
  public void ask(
      Member to,
      long timeoutNanos,
      LongFunction<Question> question,
      Consumer<Optional<Answer>> done) {
    long id = ++lastId;
    if (open.size() >= MOST_OPEN || !post.send(to, question.apply(id))) {
      loop.execute(() -> done.accept(Optional.empty()));
      return;
    }
    open.put(id, done);
    loop.schedule(timeoutNanos, () -> end(id, Optional.empty()));
  }

  public void answered(Answer answer) {
    end(answer.id(), Optional.of(answer));
  }

  private void end(long id, Optional<Answer> answer) {
    Consumer<Optional<Answer>> done = open.remove(id);
    if (done != null) {
      done.accept(answer);
    }
  }
}
