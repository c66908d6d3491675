package io.silverback.server.body;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.handler.GroupingKeyPath;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.GroupCursor;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.json.QueryTime;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.memory.MemoryPool;
import java.time.Duration;

/** Reads bytes as the parts of a request, with nothing but the documented refusals. */
public final class BodyInputs {
  /** The most bytes that a body may inflate to here. */
  public static final int MOST_INFLATED = 4 << 20;

  private static final int PART = 1 << 20;

  private static final LimitedMemory MEMORY =
      LimitedMemory.ofBodies(new MemoryPool(4L * MOST_INFLATED, Duration.ZERO));
  private static final GroupingKeyPath PATHS =
      new GroupingKeyPath(NameValidation.UTF8, () -> RewriteRules.NONE);

  private BodyInputs() {}

  @FunctionalInterface
  private interface Inflating {
    Unpacker of(byte[] packed, int length);
  }

  public static void inflateGzip(byte[] bytes) {
    inflate(bytes, Gunzip::new);
  }

  public static void inflateSnappy(byte[] bytes) {
    inflate(bytes, Unsnap::new);
  }

  public static void inflateSnappyBlock(byte[] bytes) {
    try (var lease = MEMORY.lease()) {
      var inflated = new BodyBuffer(lease, RequestLimit.INFLATED_SIZE, MOST_INFLATED);
      if (SnappyBlock.inflate(bytes, bytes.length, inflated).length() > MOST_INFLATED) {
        throw new IllegalStateException("inflated beyond its limit");
      }
    } catch (UnreadableBodyException | OverLimitException _) {
      // Both are answers that a client may get.
    }
  }

  private static void inflate(byte[] bytes, Inflating inflater) {
    try (var lease = MEMORY.lease();
        var body =
            UnpackedBody.of(
                inflater.of(bytes, bytes.length), bytes.length, lease, PART, MOST_INFLATED)) {
      while (!body.isEnded()) {
        body.slide(body.window().length());
      }
      if (body.window().bytes().length > PART + 1) {
        throw new IllegalStateException("inflated beyond its limit");
      }
    } catch (UnreadableBodyException | OverLimitException _) {
      // Both are answers that a client may get.
    }
  }

  public static void readKey(String path) {
    int slash = path.indexOf('/');
    String job = slash < 0 ? path : path.substring(0, slash);
    PATHS.read(job, path.startsWith("="), slash < 0 ? "" : path.substring(slash));
  }

  public static void readParameters(String query) {
    try {
      QueryParameters parameters = QueryParameters.parse(query);
      parameters.names().forEach(parameters::first);
      parameters.all("start").forEach(QueryTime::parseMillis);
      parameters.all("after").forEach(cursor -> GroupCursor.read("after", cursor));
    } catch (BadParameterException _) {
      // An answer that a client may get.
    }
  }
}
