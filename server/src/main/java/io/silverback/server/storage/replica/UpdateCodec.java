package io.silverback.server.storage.replica;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.maps.GroupKeys;
import java.util.HashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What is wanted of a group, as bytes for the node that leads it. Layout: {@code
 * docs/formats/group-update.md}.
 */
public final class UpdateCodec {
  private static final int REPLACE = 1;
  private static final int MERGE = 2;
  private static final int DELETE = 3;
  private static final int RESTORE = 4;
  private static final int EXPIRE = 5;
  private static final int PURGE = 6;
  private static final int REVALUE = 7;
  private static final int REVALUE_WITH_EXTRAS = 8;

  private static final int USUAL_LENGTH = 4096;

  private UpdateCodec() {}

  public static byte[] encode(GroupUpdate update) {
    return switch (update) {
      case GroupUpdate.Replace(var key, var body) -> withBody(start(REPLACE, key), body);
      case GroupUpdate.Merge(var key, var body) -> withBody(start(MERGE, key), body);
      case GroupUpdate.Revalue revalue -> revalued(revalue);
      case GroupUpdate.Delete(var key) -> start(DELETE, key).finish();
      case GroupUpdate.Restore restore ->
          withBody(
              start(RESTORE, restore.key())
                  .u64(restore.pushMillis())
                  .u64(restore.failureMillis())
                  .list(
                      restore.familyMillis().entrySet(),
                      (out, family) -> out.text(family.getKey()).u64(family.getValue())),
              restore.body());
      case GroupUpdate.Expire(var key, var lastPush, boolean keepsPushTime) ->
          withVersion(start(EXPIRE, key).flag(keepsPushTime), lastPush);
      case GroupUpdate.Purge(var key, var expiredAt) -> withVersion(start(PURGE, key), expiredAt);
    };
  }

  /**
   * The update that was encoded.
   *
   * @throws MalformedBytesException if it is not valid, or of a kind that a later version knows
   */
  public static GroupUpdate decode(byte[] encoded) {
    var in = new ByteInput(encoded);
    int kind = in.u8();
    GroupingKey key = GroupKeys.decode(in.bytes());
    return switch (kind) {
      case REPLACE -> new GroupUpdate.Replace(key, body(in));
      case MERGE -> new GroupUpdate.Merge(key, body(in));
      case REVALUE, REVALUE_WITH_EXTRAS -> revalue(key, in, kind == REVALUE_WITH_EXTRAS);
      case DELETE -> {
        in.end();
        yield new GroupUpdate.Delete(key);
      }
      case RESTORE -> restore(key, in);
      case EXPIRE -> {
        boolean keepsPushTime = flag(in);
        Version lastPush = version(in);
        in.end();
        yield new GroupUpdate.Expire(key, lastPush, keepsPushTime);
      }
      case PURGE -> {
        Version expiredAt = version(in);
        in.end();
        yield new GroupUpdate.Purge(key, expiredAt);
      }
      default -> throw in.fault("unknown kind of update " + kind);
    };
  }

  private static byte[] revalued(GroupUpdate.Revalue update) {
    boolean hasExtras = !update.extras().isEmpty();
    ByteOutput out =
        start(hasExtras ? REVALUE_WITH_EXTRAS : REVALUE, update.key())
            .flag(update.replaces())
            .u64(update.shape().high())
            .u64(update.shape().low())
            .bytes(copyOf(update.words()));
    return hasExtras ? out.bytes(update.extras().toBytes()).finish() : out.finish();
  }

  private static GroupUpdate revalue(GroupingKey key, ByteInput in, boolean hasExtras) {
    boolean replaces = flag(in);
    var shape = new Fingerprint(in.u64(), in.u64());
    byte[] words = in.bytes();
    Extras extras = hasExtras ? extras(in) : Extras.NONE;
    in.end();
    if (words.length % Long.BYTES != 0) {
      throw in.fault("not whole words");
    }
    return new GroupUpdate.Revalue(key, replaces, shape, new UnsafeBuffer(words), extras);
  }

  private static Extras extras(ByteInput in) {
    try {
      Extras extras = Extras.ofBytes(in.bytes());
      if (!extras.isEmpty()) {
        return extras;
      }
    } catch (CorruptFrameException e) {
      throw new MalformedBytesException("not the extras of an update: " + e.getMessage());
    }
    throw in.fault("an update with extras has none");
  }

  private static GroupUpdate restore(GroupingKey key, ByteInput in) {
    long pushMillis = in.u64();
    long failureMillis = in.u64();
    Map<String, Long> familyMillis = new HashMap<>();
    for (int i = in.count(); i > 0; i--) {
      familyMillis.put(in.text(), in.u64());
    }
    if (pushMillis <= 0 && failureMillis <= 0) {
      throw in.fault("restores a group that was never pushed to");
    }
    return new GroupUpdate.Restore(key, body(in), pushMillis, failureMillis, familyMillis);
  }

  private static Version version(ByteInput in) {
    return new Version(in.u64(), in.u64(), in.u64());
  }

  private static ParsedExposition body(ByteInput in) {
    boolean timestamped = flag(in);
    byte[] families = in.rest();
    try {
      var parsed = new ProtobufParser().parse(families, families.length);
      return new ParsedExposition(parsed.families(), timestamped);
    } catch (MalformedExpositionException e) {
      throw new MalformedBytesException("not the families of an update: " + e.getMessage());
    }
  }

  /** Stricter than the flags of messages between nodes. */
  private static boolean flag(ByteInput in) {
    int flag = in.u8();
    if (flag > 1) {
      throw in.fault("not a flag");
    }
    return flag == 1;
  }

  private static ByteOutput start(int kind, GroupingKey key) {
    return new ByteOutput().u8(kind).bytes(GroupKeys.encode(key));
  }

  private static byte[] copyOf(DirectBuffer words) {
    byte[] copy = new byte[words.capacity()];
    words.getBytes(0, copy);
    return copy;
  }

  private static byte[] withVersion(ByteOutput start, Version version) {
    return start.u64(version.epoch()).u64(version.clock()).u64(version.incarnation()).finish();
  }

  /** The timestamps themselves are forgotten; that there were some is not. */
  private static byte[] withBody(ByteOutput start, ParsedExposition body) {
    byte[] head = start.flag(body.timestamped()).finish();
    var out = new ExpositionBuffer(USUAL_LENGTH);
    out.put(head, 0, head.length);
    var renderer = new ProtobufRenderer();
    body.families().forEach(family -> renderer.render(family, out));
    return out.toByteArray();
  }
}
