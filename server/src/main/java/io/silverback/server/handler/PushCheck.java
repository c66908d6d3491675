package io.silverback.server.handler;

import static io.silverback.server.handler.PushHandler.INCONSISTENT;
import static io.silverback.server.handler.PushHandler.isProtobuf;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.body.UnpackedBody;
import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.http.PlainText;
import io.silverback.server.http.RequestPath;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.memory.MemoryPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What a push would be told before it gets to the store, with all its faults. Thread-safe. */
public final class PushCheck {
  private static final int MOST_FAULTS = 20;
  private static final int LONGEST_TEXT = 1000;

  private final BodyCoding bodies;
  private final BodyParser parser;
  private final PushBounds bounds;

  PushCheck(EndpointConfig settings) {
    this.bodies = new BodyCoding(settings.limits());
    this.parser = new BodyParser(settings.names(), settings.limits().maxParsedRatio());
    this.bounds = new PushBounds(settings.limits());
  }

  /**
   * Something that is wrong with a body.
   *
   * @param line counted from 1; 0 if the body has none
   * @param column the character of the line, counted from 1; 0 if the body has no lines
   * @param cause maybe cut off
   * @param hint empty if nothing more is known
   */
  public record Fault(int line, int column, String cause, String hint) {}

  /**
   * What a push would be told.
   *
   * @param status 0 if the store has to say
   * @param reason as the client would get it
   */
  public record Answer(int status, String reason, List<Fault> faults) {
    static final Answer OF_STORE = new Answer(0, "", List.of());

    public Answer {
      faults = List.copyOf(faults);
    }

    static Answer of(int status, String reason) {
      return new Answer(status, reason, List.of());
    }
  }

  /** What a path says, with what is wrong with it in the words of a push. */
  record Path(Optional<GroupingKeyPath.Reading.Key> key, Answer answer) {
    static Path of(GroupingKeyPath.Reading reading) {
      return switch (reading) {
        case GroupingKeyPath.Reading.Key key -> new Path(Optional.of(key), Answer.OF_STORE);
        case GroupingKeyPath.Reading.Malformed(var reason) ->
            new Path(Optional.empty(), Answer.of(400, reason));
        case GroupingKeyPath.Reading.NotUtf8(var label) ->
            new Path(
                Optional.empty(), Answer.of(400, INCONSISTENT + GroupingKeyPath.notUtf8(label)));
      };
    }
  }

  /** A body that could be read, or what is wrong with it. */
  record Body(Optional<ParsedExposition> parsed, Answer answer) {
    private static Body refused(Answer answer) {
      return new Body(Optional.empty(), answer);
    }
  }

  /**
   * Reads a body.
   *
   * @throws OverLimitException if too little memory is left, or the body needs too much
   */
  Body read(GroupingKey key, UnpackedBody body, String contentType, LimitedMemory.Lease memory)
      throws OverLimitException {
    ParsedExposition parsed;
    try {
      parsed = parser.parse(body, isProtobuf(contentType), contentType, memory);
    } catch (UnreadableBodyException e) {
      return Body.refused(new Answer(400, e.reason(), faults(e, body, contentType)));
    } catch (MalformedExpositionException e) {
      return Body.refused(new Answer(400, e.reason(), List.of(fault(e, ""))));
    }
    try {
      bounds.check(key, parsed, memory);
    } catch (OverLimitException e) {
      if (e.status() != 422) {
        throw e;
      }
      return Body.refused(Answer.of(422, e.reason()));
    }
    return new Body(Optional.of(parsed), Answer.OF_STORE);
  }

  /** A body that is whole is read once more for its faults, without the lines before. */
  private List<Fault> faults(
      UnreadableBodyException refusal, UnpackedBody body, String contentType) {
    if (!(refusal.getCause() instanceof MalformedExpositionException first)) {
      return List.of();
    }
    if (!body.isWhole()) {
      return List.of(fault(first, ""));
    }
    BodyBuffer whole = body.window();
    var faults = new ArrayList<Fault>();
    parser.faults(
        whole,
        found -> {
          Optional<PushHint> hint =
              PushHint.ofBody(found, whole.bytes(), whole.length(), contentType);
          faults.add(fault(found, hint.map(PushHint::advice).orElse("")));
          return faults.size() < MOST_FAULTS && hint.filter(PushHint::isAboutAllLines).isEmpty();
        });
    return faults;
  }

  private static Fault fault(MalformedExpositionException found, String hint) {
    String cause = found.reason();
    String cut = cause.length() > LONGEST_TEXT ? cause.substring(0, LONGEST_TEXT) + "…" : cause;
    return new Fault(found.line(), found.column(), cut, hint);
  }

  /**
   * What is known without a server.
   *
   * @param group as {@link GroupingKey#toString} writes it; empty if the path says none
   * @param families how many different names the body has
   */
  public record Offline(Answer answer, String group, int families) {}

  /**
   * Looks at a push as a server with these settings would that stores nothing yet.
   *
   * @param path of the push after {@code /metrics/}
   * @param encoding of the bytes, as a Content-Encoding
   */
  public static Offline offline(
      EndpointConfig settings,
      Supplier<RewriteRules> rules,
      String path,
      byte[] sent,
      String encoding,
      String contentType) {
    Path read = Path.of(readPath(settings, rules, path));
    if (read.key().isEmpty()) {
      return new Offline(read.answer(), "", 0);
    }
    GroupingKey key = read.key().get().key();
    Body body = new PushCheck(settings).readOffline(key, sent, encoding, contentType);
    Answer answer =
        body.parsed().filter(ParsedExposition::timestamped).isPresent()
            ? Answer.of(400, INCONSISTENT + "pushed metrics must not have timestamps")
            : body.answer();
    return new Offline(
        answer, key.toString(), body.parsed().map(parsed -> parsed.families().size()).orElse(0));
  }

  private static GroupingKeyPath.Reading readPath(
      EndpointConfig settings, Supplier<RewriteRules> rules, String path) {
    String decoded = RequestPath.decode("/" + path).map(RequestPath::path).orElse("");
    String[] parts = decoded.split("/", 4);
    boolean isBase64 = parts.length > 1 && parts[1].equals("job" + GroupingKeyPath.BASE64_SUFFIX);
    if (parts.length < 3 || !(isBase64 || parts[1].equals("job"))) {
      return new GroupingKeyPath.Reading.Malformed("a path begins with job/NAME");
    }
    return new GroupingKeyPath(settings.names(), rules)
        .read(parts[2], isBase64, parts.length > 3 ? "/" + parts[3] : "");
  }

  private Body readOffline(GroupingKey key, byte[] sent, String encoding, String contentType) {
    // What this process takes is bounded by the size of the body, and by its heap.
    var memory = LimitedMemory.ofBodies(new MemoryPool(Long.MAX_VALUE / 2, Duration.ZERO));
    try (var lease = memory.lease();
        UnpackedBody body = bodies.unpack(encoding, sent, lease)) {
      return read(key, body, contentType, lease);
    } catch (UnreadableBodyException e) {
      return Body.refused(Answer.of(400, e.reason()));
    } catch (OverLimitException e) {
      return Body.refused(Answer.of(e.status(), e.reason()));
    }
  }

  /** The reason of an answer, of a bounded length. */
  static String shown(Answer answer) {
    return PlainText.shortened(answer.reason());
  }
}
