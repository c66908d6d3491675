package io.silverback.server.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupUpdate;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

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

  private static final int USUAL_LENGTH = 4096;

  private UpdateCodec() {}

  public static byte[] encode(GroupUpdate update) {
    var out = new ExpositionBuffer(USUAL_LENGTH);
    switch (update) {
      case GroupUpdate.Replace(var key, var body) -> {
        start(REPLACE, key, out);
        put(body, out);
      }
      case GroupUpdate.Merge(var key, var body) -> {
        start(MERGE, key, out);
        put(body, out);
      }
      case GroupUpdate.Delete(var key) -> start(DELETE, key, out);
      case GroupUpdate.Restore restore -> {
        start(RESTORE, restore.key(), out);
        put(restore.pushMillis(), out);
        put(restore.failureMillis(), out);
        put(restore.familyMillis().size(), out);
        restore
            .familyMillis()
            .forEach(
                (name, millis) -> {
                  put(name.getBytes(UTF_8), out);
                  put((long) millis, out);
                });
        put(restore.body(), out);
      }
      case GroupUpdate.Expire(var key, var lastPush, boolean keepsPushTime) -> {
        start(EXPIRE, key, out);
        out.put(keepsPushTime ? 1 : 0);
        put(lastPush, out);
      }
      case GroupUpdate.Purge(var key, var expiredAt) -> {
        start(PURGE, key, out);
        put(expiredAt, out);
      }
    }
    return out.toByteArray();
  }

  /**
   * The update that was encoded.
   *
   * @throws MalformedBytesException if it is none, or of a kind that a later version knows
   */
  public static GroupUpdate decode(byte[] encoded) {
    var in = new WireInput(encoded);
    int kind = in.u8();
    GroupingKey key = GroupKeys.decode(in.bytes());
    return switch (kind) {
      case REPLACE -> new GroupUpdate.Replace(key, body(in));
      case MERGE -> new GroupUpdate.Merge(key, body(in));
      case DELETE -> {
        in.end();
        yield new GroupUpdate.Delete(key);
      }
      case RESTORE -> restore(key, in);
      case EXPIRE -> {
        boolean keepsPushTime = in.flag();
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

  private static GroupUpdate restore(GroupingKey key, WireInput in) {
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

  private static Version version(WireInput in) {
    return new Version(in.u64(), in.u64(), in.u64());
  }

  private static ParsedExposition body(WireInput in) {
    boolean timestamped = in.flag();
    byte[] families = in.rest();
    try {
      var parsed = new ProtobufParser().parse(families, families.length);
      return new ParsedExposition(parsed.families(), timestamped);
    } catch (MalformedExpositionException e) {
      throw new MalformedBytesException("not the families of an update: " + e.getMessage());
    }
  }

  private static void start(int kind, GroupingKey key, ExpositionBuffer out) {
    out.put(kind);
    put(GroupKeys.encode(key), out);
  }

  /** The timestamps themselves are forgotten; that there were some is not. */
  private static void put(ParsedExposition body, ExpositionBuffer out) {
    out.put(body.timestamped() ? 1 : 0);
    var renderer = new ProtobufRenderer();
    body.families().forEach(family -> renderer.render(family, out));
  }

  private static void put(Version version, ExpositionBuffer out) {
    put(version.epoch(), out);
    put(version.clock(), out);
    put(version.incarnation(), out);
  }

  private static void put(byte[] bytes, ExpositionBuffer out) {
    put(bytes.length, out);
    out.put(bytes, 0, bytes.length);
  }

  private static void put(int number, ExpositionBuffer out) {
    out.put(ByteBuffer.allocate(Integer.BYTES).putInt(number).array(), 0, Integer.BYTES);
  }

  private static void put(long number, ExpositionBuffer out) {
    out.put(ByteBuffer.allocate(Long.BYTES).putLong(number).array(), 0, Long.BYTES);
  }
}
