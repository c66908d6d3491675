package io.silverback.server.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * What became of an update, as bytes for the node that it was sent to. Layout: {@code
 * docs/formats/group-update.md}.
 */
public final class SubmissionCodec {
  private static final int ACCEPTED = 1;
  private static final int REFUSED = 2;
  private static final int OVER_LIMIT = 3;
  private static final int OUTDATED = 4;

  private SubmissionCodec() {}

  public static byte[] encode(Submission submission) {
    var out = new ByteArrayOutputStream();
    switch (submission) {
      case Submission.Accepted() -> out.write(ACCEPTED);
      case Submission.Refused(var key, var reason) -> {
        out.write(REFUSED);
        put(GroupKeys.encode(key), out);
        put(reason.getBytes(UTF_8), out);
      }
      case Submission.OverLimit(var key, var limit, var reason) -> {
        out.write(OVER_LIMIT);
        put(GroupKeys.encode(key), out);
        put(limit.flag().getBytes(UTF_8), out);
        put(reason.getBytes(UTF_8), out);
      }
      case Submission.Unavailable unavailable ->
          throw new IllegalArgumentException("no answer of a leader: submission=" + unavailable);
      case Submission.Outdated(var key) -> {
        out.write(OUTDATED);
        put(GroupKeys.encode(key), out);
      }
    }
    return out.toByteArray();
  }

  /**
   * The answer that was encoded.
   *
   * @throws MalformedBytesException if it is none, or of a kind that a later version knows
   */
  public static Submission decode(byte[] encoded) {
    var in = new WireInput(encoded);
    int kind = in.u8();
    Submission submission =
        switch (kind) {
          case ACCEPTED -> new Submission.Accepted();
          case REFUSED -> new Submission.Refused(key(in), in.text());
          case OVER_LIMIT -> new Submission.OverLimit(key(in), limit(in), in.text());
          case OUTDATED -> new Submission.Outdated(key(in));
          default -> throw in.fault("unknown kind of answer " + kind);
        };
    in.end();
    return submission;
  }

  private static GroupingKey key(WireInput in) {
    return GroupKeys.decode(in.bytes());
  }

  private static Limit limit(WireInput in) {
    String flag = in.text();
    for (Limit limit : Limit.values()) {
      if (limit.flag().equals(flag)) {
        return limit;
      }
    }
    throw in.fault("unknown limit " + flag);
  }

  private static void put(byte[] bytes, ByteArrayOutputStream out) {
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }
}
