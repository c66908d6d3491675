package io.silverback.server.storage.replica;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.maps.GroupKeys;

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
    var out = new ByteOutput();
    switch (submission) {
      case Submission.Accepted() -> out.u8(ACCEPTED);
      case Submission.Refused(var key, var reason) ->
          out.u8(REFUSED).bytes(GroupKeys.encode(key)).text(reason);
      case Submission.OverLimit(var key, var limit, var reason) ->
          out.u8(OVER_LIMIT).bytes(GroupKeys.encode(key)).text(limit.flag()).text(reason);
      case Submission.Unavailable unavailable ->
          throw new IllegalArgumentException("no answer of a leader: submission=" + unavailable);
      case Submission.Outdated(var key) -> out.u8(OUTDATED).bytes(GroupKeys.encode(key));
    }
    return out.finish();
  }

  /**
   * The answer that was encoded.
   *
   * @throws MalformedBytesException if it is not valid, or of a kind that a later version knows
   */
  public static Submission decode(byte[] encoded) {
    var in = new ByteInput(encoded);
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

  private static GroupingKey key(ByteInput in) {
    return GroupKeys.decode(in.bytes());
  }

  private static Limit limit(ByteInput in) {
    String flag = in.text();
    for (Limit limit : Limit.values()) {
      if (limit.flag().equals(flag)) {
        return limit;
      }
    }
    throw in.fault("unknown limit " + flag);
  }
}
