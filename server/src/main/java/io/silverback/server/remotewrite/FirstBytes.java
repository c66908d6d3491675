package io.silverback.server.remotewrite;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Reads an answer to its end and keeps its first line. One that is too long is read no further. One
 * that breaks off may be what came of it, or no answer at all, as the client of the JDK finds out.
 */
final class FirstBytes implements BodySubscriber<String> {
  private static final int MOST_BYTES = 64 * 1024;
  private static final int KEPT_BYTES = 512;

  private final CompletableFuture<String> body = new CompletableFuture<>();
  private final byte[] kept = new byte[KEPT_BYTES];
  private int length;
  private long seen;
  private Flow.Subscription subscription =
      new Flow.Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
      };

  @Override
  public CompletionStage<String> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      seen += buffer.remaining();
      int count = Math.min(buffer.remaining(), KEPT_BYTES - length);
      buffer.get(kept, length, count);
      length += count;
    }
    if (seen > MOST_BYTES) {
      subscription.cancel();
      onComplete();
    } else {
      subscription.request(1);
    }
  }

  @Override
  public void onError(Throwable failure) {
    onComplete();
  }

  @Override
  public void onComplete() {
    String text = new String(Arrays.copyOf(kept, length), StandardCharsets.UTF_8);
    body.complete(text.lines().findFirst().orElse("").strip());
  }
}
