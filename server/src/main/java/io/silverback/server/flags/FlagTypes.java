package io.silverback.server.flags;

import static io.silverback.server.flags.FlagType.bad;

import io.silverback.server.yaml.GoDuration;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** The kinds of values that flags have, each with its bounds. */
final class FlagTypes {
  /** An array cannot be longer. */
  private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

  /** An idle server takes as much, so with less nothing could ever be stored. */
  static final long LEAST_MEMORY_BYTES = 128L << 20;

  private static final Pattern COUNT = Pattern.compile("\\d{1,18}");
  private static final Pattern NODE_NAME = Pattern.compile("[\\p{Alnum}][\\p{Alnum}._-]{0,127}");
  private static final Pattern LABEL_NAME = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");
  private static final int HIGHEST_PORT = 65535;

  private FlagTypes() {}

  /** The name and the value of a label. */
  record LabelPair(String name, String value) {}

  /** A label, as {@code name=value}. */
  static FlagType<LabelPair> labelPair() {
    return (name, given) -> {
      int equals = given.indexOf('=');
      String label = given.substring(0, Math.max(equals, 0));
      if (!LABEL_NAME.matcher(label).matches() || equals == given.length() - 1) {
        throw bad(name, given, "a label and its value such as region=eu");
      }
      return new LabelPair(label, given.substring(equals + 1));
    };
  }

  /** Any text. */
  static FlagType<String> text() {
    return (_, given) -> given;
  }

  /** Empty for an empty text. */
  static <T> FlagType<Optional<T>> unlessEmpty(FlagType<T> type) {
    return (name, given) ->
        given.isEmpty() ? Optional.empty() : Optional.of(type.read(name, given));
  }

  static FlagType<String> oneOf(String... choices) {
    List<String> allowed = List.of(choices);
    return (name, given) -> {
      if (!allowed.contains(given)) {
        throw bad(name, given, "one of " + String.join(", ", allowed));
      }
      return given;
    };
  }

  static FlagType<Boolean> onOff() {
    FlagType<String> words = oneOf("true", "false");
    return (name, given) -> words.read(name, given).equals("true");
  }

  /**
   * A switch that upstream has and this server has not.
   *
   * @param instead what to use in its place
   */
  static FlagType<Boolean> unsupported(String instead) {
    FlagType<Boolean> words = onOff();
    return (name, given) -> {
      if (words.read(name, given)) {
        throw new StartUpException("--" + name + " is not supported: use " + instead + " instead");
      }
      return false;
    };
  }

  /** A path, which need not exist; empty for an empty text. */
  static FlagType<Optional<Path>> path(String what) {
    return unlessEmpty(
        (name, given) -> {
          try {
            return Path.of(given);
          } catch (InvalidPathException e) {
            throw bad(name, given, "the path of a " + what);
          }
        });
  }

  static FlagType<URI> url() {
    return (name, given) -> {
      try {
        return URI.create(given);
      } catch (IllegalArgumentException e) {
        throw bad(name, given, "a URL");
      }
    };
  }

  static FlagType<Duration> duration() {
    return (name, given) ->
        GoDuration.parse(given)
            .filter(duration -> !duration.isNegative())
            .orElseThrow(() -> bad(name, given, "a duration such as 90s or 1h30m"));
  }

  static FlagType<Duration> positiveDuration() {
    FlagType<Duration> any = duration();
    return (name, given) -> {
      Duration duration = any.read(name, given);
      if (duration.isZero()) {
        throw bad(name, given, "a duration above 0s such as 30s");
      }
      return duration;
    };
  }

  /** At least one byte, and at most as many as an array can hold. */
  static FlagType<Integer> bytes() {
    return (name, given) -> {
      OptionalLong bytes = size(given);
      if (bytes.isEmpty() || bytes.getAsLong() < 1 || bytes.getAsLong() > MAX_ARRAY_BYTES) {
        throw bad(name, given, "a size from 1 to 2047MiB such as 64MiB");
      }
      return (int) bytes.getAsLong();
    };
  }

  /**
   * The same, up to a lower limit.
   *
   * @param limit the limit as an operator would write it
   */
  static FlagType<Integer> bytesUpTo(String limit) {
    FlagType<Integer> any = bytes();
    long most = ByteSize.parse(limit);
    return (name, given) -> {
      int bytes = any.read(name, given);
      if (bytes > most) {
        throw bad(name, given, "a size up to " + limit);
      }
      return bytes;
    };
  }

  /** At least one byte. */
  static FlagType<Long> manyBytes() {
    return (name, given) -> {
      OptionalLong bytes = size(given);
      if (bytes.isEmpty() || bytes.getAsLong() < 1) {
        throw bad(name, given, "a size of at least 1 such as 64MiB or 2GiB");
      }
      return bytes.getAsLong();
    };
  }

  /** Any number of bytes; 0 for none. */
  static FlagType<Long> anyBytes() {
    return (name, given) ->
        size(given).orElseThrow(() -> bad(name, given, "a size such as 64MiB or 2GiB, or 0"));
  }

  /** Memory of the process: a size or a part of the machine's; 0 for no limit. */
  static FlagType<Long> memory() {
    return (name, given) -> {
      long bytes;
      try {
        bytes = ByteSize.parse(given, MachineMemory.bytes());
      } catch (IllegalArgumentException e) {
        throw bad(name, given, "a size such as 4GiB, a part such as 60%, or 0");
      }
      if (bytes != 0 && bytes < LEAST_MEMORY_BYTES) {
        throw bad(
            name,
            given,
            "at least "
                + (LEAST_MEMORY_BYTES >> 20)
                + "MiB, which an idle server takes, or 0 for no limit");
      }
      return bytes;
    };
  }

  static FlagType<Integer> number(int most) {
    return (name, given) -> {
      OptionalInt number = wholeNumber(given);
      if (number.isEmpty() || number.getAsInt() < 1 || number.getAsInt() > most) {
        throw bad(name, given, "a number from 1 to " + most);
      }
      return number.getAsInt();
    };
  }

  /** A number that limits something, 0 for no limit. */
  static FlagType<Long> count() {
    return (name, given) -> {
      if (!COUNT.matcher(given).matches()) {
        throw bad(name, given, "a whole number, 0 for no limit");
      }
      return Long.parseLong(given);
    };
  }

  /** How many pushes may be missed: one may always be late. */
  static FlagType<Integer> missedPushes() {
    FlagType<Integer> any = number(Integer.MAX_VALUE);
    return (name, given) -> {
      int missed = given.equals("0") ? 0 : any.read(name, given);
      if (missed == 1) {
        throw bad(name, given, "2 or more, 0 for any number");
      }
      return missed;
    };
  }

  /** An address of this machine to listen on. */
  static FlagType<InetSocketAddress> address() {
    return (name, given) -> {
      int colon = given.lastIndexOf(':');
      String host = given.substring(0, Math.max(colon, 0)).replace("[", "").replace("]", "");
      int port = colon < 0 ? -1 : wholeNumber(given.substring(colon + 1)).orElse(-1);
      if (port < 0 || port > HIGHEST_PORT) {
        throw bad(name, given, "a host and a port such as :9091 or 127.0.0.1:9091");
      }
      var address =
          host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
      if (address.isUnresolved()) {
        throw bad(name, given, "a host that this machine can resolve");
      }
      return address;
    };
  }

  /** A host and a port that are resolved later. */
  static FlagType<String> remoteAddress() {
    return (name, given) -> {
      int colon = given.lastIndexOf(':');
      int port = colon > 0 ? wholeNumber(given.substring(colon + 1)).orElse(0) : 0;
      if (port < 1 || port > HIGHEST_PORT) {
        throw bad(name, given, "a host and a port such as 10.0.0.1:9094");
      }
      return given;
    };
  }

  /** An address to listen on, as {@code host:port} or {@code :port}. */
  static FlagType<String> listenAddress() {
    return (name, given) -> {
      int colon = given.lastIndexOf(':');
      int port = colon < 0 ? -1 : wholeNumber(given.substring(colon + 1)).orElse(-1);
      if (port < 0 || port > HIGHEST_PORT) {
        throw bad(name, given, "an address such as :9094");
      }
      return given;
    };
  }

  /** The name of a node, or of what may fail together with it. */
  static FlagType<String> nodeName() {
    return (name, given) -> {
      if (!isNodeName(given)) {
        throw bad(name, given, "up to 128 letters, digits, dots, dashes and underscores");
      }
      return given;
    };
  }

  static boolean isNodeName(String text) {
    return NODE_NAME.matcher(text).matches();
  }

  private static OptionalLong size(String given) {
    try {
      return OptionalLong.of(ByteSize.parse(given));
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalInt wholeNumber(String given) {
    try {
      return OptionalInt.of(Integer.parseInt(given));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }
}
