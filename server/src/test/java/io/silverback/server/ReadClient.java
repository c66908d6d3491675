package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.snappy.SnappyCompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.silverback.codec.gorilla.PrometheusXorChunkReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Asks by remote read as Prometheus does, and reads the answers, written from the messages'
 * definitions and not from the code of the server.
 */
public final class ReadClient {
  public static final int EQUAL = 0;
  public static final int NOT_EQUAL = 1;
  public static final int LIKE = 2;
  public static final int NOT_LIKE = 3;

  public static final int SAMPLES = 0;
  public static final int CHUNKS = 1;

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private ReadClient() {}

  /** A series of an answer: labels and samples as texts, in their order. */
  public record Series(List<String> labels, List<String> samples) {}

  /** A request for a form, or without one if it is negative. */
  public static byte[] request(int form, byte[]... queries) {
    var out = new ByteArrayOutputStream();
    for (byte[] query : queries) {
      out.writeBytes(field(1, query));
    }
    if (form >= 0) {
      out.writeBytes(field(2, new byte[] {(byte) form}));
    }
    return out.toByteArray();
  }

  public static byte[] query(long start, long end, byte[]... matchersAndHints) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(integer(1, start));
    out.writeBytes(integer(2, end));
    for (byte[] each : matchersAndHints) {
      out.writeBytes(each);
    }
    return out.toByteArray();
  }

  /** All there ever was. */
  public static byte[] always(byte[]... matchersAndHints) {
    return query(0, Long.MAX_VALUE / 2, matchersAndHints);
  }

  public static byte[] matcher(int type, String name, String value) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(integer(1, type));
    out.writeBytes(field(2, name.getBytes(StandardCharsets.UTF_8)));
    out.writeBytes(field(3, value.getBytes(StandardCharsets.UTF_8)));
    return field(3, out.toByteArray());
  }

  /** What a query is for. */
  public static byte[] hints(String function) {
    return field(4, field(2, function.getBytes(StandardCharsets.UTF_8)));
  }

  public static byte[] field(int number, byte[] content) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(varint((number << 3) | 2));
    out.writeBytes(varint(content.length));
    out.writeBytes(content);
    return out.toByteArray();
  }

  public static byte[] integer(int number, long value) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(varint(number << 3));
    out.writeBytes(varint(value));
    return out.toByteArray();
  }

  public static byte[] varint(long value) {
    var out = new ByteArrayOutputStream();
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write(((int) rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
    return out.toByteArray();
  }

  public static byte[] snappy(byte[] bytes) {
    var compressor = new SnappyCompressor();
    byte[] packed = new byte[compressor.maxCompressedLength(bytes.length)];
    int length = compressor.compress(bytes, 0, bytes.length, packed, 0, packed.length);
    return Arrays.copyOf(packed, length);
  }

  public static byte[] unsnap(byte[] packed) {
    byte[] bytes = new byte[SnappyDecompressor.getUncompressedLength(packed, 0)];
    int length =
        new SnappyDecompressor().decompress(packed, 0, packed.length, bytes, 0, bytes.length);
    assertEquals(bytes.length, length);
    return bytes;
  }

  /** Sends a message as Prometheus sends it. */
  public static HttpResponse<byte[]> post(URI address, byte[] message) {
    return postRaw(address, snappy(message));
  }

  /** Sends a body. */
  public static HttpResponse<byte[]> postRaw(URI address, byte[] body) {
    var request =
        HttpRequest.newBuilder(address)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .header("Content-Encoding", "snappy")
            .header("Accept-Encoding", "snappy")
            .header("Content-Type", "application/x-protobuf")
            .header("X-Prometheus-Remote-Read-Version", "0.1.0")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .build();
    try {
      return CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** The results of an answer in samples, one for each query. */
  public static List<List<Series>> results(HttpResponse<byte[]> answer) {
    assertEquals(200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
    assertEquals("application/x-protobuf", answer.headers().firstValue("Content-Type").orElse(""));
    assertEquals("snappy", answer.headers().firstValue("Content-Encoding").orElse(""));
    var results = new ArrayList<List<Series>>();
    for (Field result : fields(unsnap(answer.body()))) {
      results.add(fields(result.content()).stream().map(it -> timeSeries(it.content())).toList());
    }
    return results;
  }

  private static Series timeSeries(byte[] message) {
    var labels = new ArrayList<String>();
    var samples = new ArrayList<String>();
    for (Field field : fields(message)) {
      switch (field.number()) {
        case 1 -> labels.add(label(field.content()));
        case 2 -> samples.add(sample(field.content()));
        default -> throw new IllegalStateException("unknown field: number=" + field.number());
      }
    }
    return new Series(labels, samples);
  }

  private static String label(byte[] message) {
    var texts = new ArrayList<String>();
    fields(message).forEach(it -> texts.add(new String(it.content(), StandardCharsets.UTF_8)));
    return String.join("=", texts);
  }

  private static String sample(byte[] message) {
    long bits = 0;
    long time = 0;
    for (Field field : fields(message)) {
      if (field.number() == 1) {
        bits = ByteBuffer.wrap(field.content()).order(ByteOrder.LITTLE_ENDIAN).getLong();
      } else {
        time = field.value();
      }
    }
    return text(time, bits);
  }

  private static String text(long timeMillis, long bits) {
    return timeMillis + " " + Long.toHexString(bits);
  }

  /** The series of an answer in chunks, by the number of the query. */
  public static SortedMap<Long, List<Series>> frames(HttpResponse<byte[]> answer) {
    assertEquals(200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
    assertEquals(
        "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
        answer.headers().firstValue("Content-Type").orElse(""));
    var found = new TreeMap<Long, List<Series>>();
    ByteBuffer in = ByteBuffer.wrap(answer.body());
    while (in.hasRemaining()) {
      int length = (int) varint(in);
      int sum = in.getInt();
      byte[] message = new byte[length];
      in.get(message);
      var checksum = new CRC32C();
      checksum.update(message);
      assertEquals((int) checksum.getValue(), sum);
      long query = 0;
      var series = new ArrayList<Series>();
      for (Field field : fields(message)) {
        if (field.number() == 1) {
          series.add(chunkedSeries(field.content()));
        } else {
          query = field.value();
        }
      }
      assertEquals(1, series.size(), "Prometheus reads the first series of a frame only");
      found.computeIfAbsent(query, _ -> new ArrayList<>()).addAll(series);
    }
    return found;
  }

  private static Series chunkedSeries(byte[] message) {
    var labels = new ArrayList<String>();
    var samples = new ArrayList<String>();
    long last = Long.MIN_VALUE;
    for (Field field : fields(message)) {
      if (field.number() == 1) {
        labels.add(label(field.content()));
      } else {
        last = readChunk(field.content(), last, samples);
      }
    }
    return new Series(labels, samples);
  }

  private static long readChunk(byte[] message, long after, List<String> samples) {
    long[] numbers = new long[4];
    byte[] data = {};
    for (Field field : fields(message)) {
      if (field.number() == 4) {
        data = field.content();
      } else {
        numbers[field.number()] = field.value();
      }
    }
    assertEquals(1, numbers[3], "encoding");
    assertTrue(numbers[1] > after, "chunks overlap");
    var reader = new PrometheusXorChunkReader();
    reader.wrap(new UnsafeBuffer(data), 0, data.length);
    assertTrue(reader.sampleCount() > 0 && reader.sampleCount() <= 120, "samples in a chunk");
    long first = Long.MIN_VALUE;
    while (reader.next()) {
      first = first == Long.MIN_VALUE ? reader.timeMillis() : first;
      samples.add(text(reader.timeMillis(), reader.valueBits()));
    }
    assertEquals(first, numbers[1], "first time");
    assertEquals(reader.timeMillis(), numbers[2], "last time");
    return numbers[2];
  }

  /** A field of a message: a number, or bytes. */
  private record Field(int number, long value, byte[] content) {}

  private static List<Field> fields(byte[] message) {
    var fields = new ArrayList<Field>();
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      switch (tag & 7) {
        case 0 -> fields.add(new Field(tag >>> 3, varint(in), new byte[0]));
        case 1, 2 -> {
          byte[] content = new byte[(tag & 7) == 1 ? Long.BYTES : (int) varint(in)];
          in.get(content);
          fields.add(new Field(tag >>> 3, 0, content));
        }
        default -> throw new IllegalStateException("unknown wire type: tag=" + tag);
      }
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte piece = in.get();
      value |= (piece & 0x7fL) << shift;
      if (piece >= 0) {
        return value;
      }
    }
  }
}
