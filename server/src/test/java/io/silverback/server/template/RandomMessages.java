package io.silverback.server.template;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A body of delimited protobuf, as clients of all kinds write it and as none does. Two of one seed
 * differ in their numbers, and in how these are written.
 */
final class RandomMessages {
  private static final double[] NUMBERS = {
    0, -0.0, 1, 0.1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, 1e300
  };

  /** Says what there is, and is the same each time. */
  private final Random structure;

  private final Random numbers;
  private final boolean anySpelling;
  private final boolean isOdd;

  private RandomMessages(long seed, Random numbers, boolean anySpelling) {
    this.structure = new Random(seed);
    this.numbers = numbers;
    this.anySpelling = anySpelling;
    this.isOdd = structure.nextBoolean();
  }

  /**
   * A body.
   *
   * @param seed of all but its numbers
   * @param anySpelling true for counts and lengths as nobody needs to write them, and large counts
   */
  static byte[] body(long seed, Random numbers, boolean anySpelling) {
    var messages = new RandomMessages(seed, numbers, anySpelling);
    var out = new ByteArrayOutputStream();
    int families = 1 + messages.structure.nextInt(5);
    for (int i = 0; i < families; i++) {
      String name = "f" + (messages.odd(12) ? 0 : i);
      messages.delimited(out, messages.made(family -> messages.family(name, family)));
    }
    return out.toByteArray();
  }

  private void family(String name, ByteArrayOutputStream out) {
    int type = structure.nextInt(6);
    boolean typeIsLast = odd(8);
    text(1, name, out);
    if (structure.nextBoolean()) {
      text(2, "what it is", out);
    }
    if (!typeIsLast) {
      varintField(3, type, out);
    }
    int metrics = structure.nextInt(5);
    for (int i = 0; i < metrics; i++) {
      String value = "v" + i;
      message(4, out, metric -> metric(type, value, metric));
    }
    unknown(out);
    if (typeIsLast) {
      varintField(3, type, out);
    }
  }

  private void metric(int type, String label, ByteArrayOutputStream out) {
    boolean labelIsLast = odd(6);
    if (!labelIsLast) {
      label(label, out);
    }
    int kinds = odd(10) ? 2 : 1;
    for (int i = 0; i < kinds; i++) {
      value(i == 0 ? type : structure.nextInt(5), out);
    }
    if (odd(30)) {
      varintField(6, 1_700_000_000_000L, out);
    }
    unknown(out);
    if (labelIsLast) {
      label(label, out);
    }
  }

  private void label(String value, ByteArrayOutputStream out) {
    message(
        1,
        out,
        label -> {
          text(1, "l", label);
          text(2, value, label);
        });
  }

  private void value(int type, ByteArrayOutputStream out) {
    switch (type) {
      case 0 -> message(3, out, this::counter);
      case 1 -> message(2, out, this::single);
      case 2 -> message(4, out, this::summary);
      case 3 -> message(5, out, this::single);
      default -> message(7, out, this::histogram);
    }
  }

  private void single(ByteArrayOutputStream out) {
    int values = odd(10) ? structure.nextInt(3) : 1;
    for (int i = 0; i < values; i++) {
      number(1, out);
    }
    unknown(out);
  }

  private void counter(ByteArrayOutputStream out) {
    single(out);
    if (structure.nextInt(3) == 0) {
      exemplar(2, out);
    }
    created(3, out);
  }

  private void summary(ByteArrayOutputStream out) {
    if (!odd(6)) {
      count(1, out);
    }
    if (!odd(6)) {
      number(2, out);
    }
    int quantiles = structure.nextInt(3);
    for (int i = 0; i < quantiles; i++) {
      double rank = 0.5 + i / 4.0;
      message(
          3,
          out,
          quantile -> {
            fixed(1, rank, quantile);
            number(2, quantile);
          });
    }
    created(4, out);
  }

  private void histogram(ByteArrayOutputStream out) {
    if (!odd(6)) {
      count(1, out);
    }
    if (odd(12)) {
      number(4, out);
    }
    number(2, out);
    int buckets = structure.nextInt(4);
    for (int i = 0; i < buckets; i++) {
      double bound = i;
      message(3, out, bucket -> bucket(bound, bucket));
    }
    if (structure.nextInt(6) == 0) {
      varintField(5, 6, out);
      fixed(6, 1e-128, out);
      varintField(7, 2, out);
      message(
          12,
          out,
          span -> {
            varintField(1, 3, span);
            varintField(2, 1, span);
          });
      message(13, out, deltas -> varint(4, deltas));
    }
    created(15, out);
    unknown(out);
  }

  private void bucket(double bound, ByteArrayOutputStream out) {
    boolean countIsLast = odd(4);
    if (!countIsLast) {
      count(1, out);
    }
    fixed(2, bound, out);
    if (structure.nextInt(8) == 0) {
      exemplar(3, out);
    }
    if (odd(12)) {
      number(4, out);
    }
    if (countIsLast) {
      count(1, out);
    }
  }

  private void exemplar(int field, ByteArrayOutputStream out) {
    message(
        field,
        out,
        exemplar -> {
          label("trace", exemplar);
          fixed(2, 0.5, exemplar);
        });
  }

  private void created(int field, ByteArrayOutputStream out) {
    if (structure.nextInt(3) == 0) {
      message(field, out, time -> varintField(1, 1_700_000_000, time));
    }
  }

  private void unknown(ByteArrayOutputStream out) {
    if (odd(8)) {
      switch (structure.nextInt(3)) {
        case 0 -> varintField(77, 5, out);
        case 1 -> fixed(78, 5, out);
        default -> text(79, "later", out);
      }
    }
  }

  /** What clients do not do, in half of the bodies. */
  private boolean odd(int oneOf) {
    return isOdd && structure.nextInt(oneOf) == 0;
  }

  private void number(int field, ByteArrayOutputStream out) {
    double number =
        numbers.nextInt(4) == 0
            ? NUMBERS[numbers.nextInt(NUMBERS.length)]
            : numbers.nextDouble() * 1000;
    fixed(field, number, out);
  }

  private void count(int field, ByteArrayOutputStream out) {
    long count = numbers.nextLong() >>> (11 + numbers.nextInt(53));
    if (anySpelling && numbers.nextInt(12) == 0) {
      count = numbers.nextLong();
    }
    varint((long) field << 3, out);
    spelled(count, out);
  }

  private void message(int field, ByteArrayOutputStream out, Consumer<ByteArrayOutputStream> of) {
    varint(((long) field << 3) | 2, out);
    delimited(out, made(of));
  }

  private byte[] made(Consumer<ByteArrayOutputStream> message) {
    var out = new ByteArrayOutputStream();
    message.accept(out);
    return out.toByteArray();
  }

  private void delimited(ByteArrayOutputStream out, byte[] message) {
    spelled(message.length, out);
    out.writeBytes(message);
  }

  /** A varint that may have more bytes than it needs. */
  private void spelled(long varint, ByteArrayOutputStream out) {
    if (varint >= 0 && varint < 1 << 14 && anySpelling && numbers.nextInt(20) == 0) {
      out.write((int) ((varint & 0x7f) | 0x80));
      out.write((int) ((varint >>> 7) | 0x80));
      out.write(0);
    } else {
      varint(varint, out);
    }
  }

  private static void varintField(int field, long varint, ByteArrayOutputStream out) {
    varint((long) field << 3, out);
    varint(varint, out);
  }

  private static void varint(long varint, ByteArrayOutputStream out) {
    long left = varint;
    while (left >>> 7 != 0) {
      out.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }

  private static void fixed(int field, double number, ByteArrayOutputStream out) {
    varint(((long) field << 3) | 1, out);
    out.writeBytes(
        ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN).putDouble(number).array());
  }

  private static void text(int field, String text, ByteArrayOutputStream out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    varint(((long) field << 3) | 2, out);
    varint(bytes.length, out);
    out.writeBytes(bytes);
  }
}
