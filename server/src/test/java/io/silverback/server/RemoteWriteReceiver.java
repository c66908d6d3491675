package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.airlift.compress.snappy.SnappyDecompressor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A target of remote write that keeps what it gets, and answers as a test wants. */
final class RemoteWriteReceiver implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final HttpServer server;
  private final int port;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private volatile Function<Request, Reply> answers = _ -> Reply.TAKEN;

  /** What was sent. */
  record Request(Headers headers, List<Series> series) {
    int samples() {
      return series.stream().mapToInt(one -> one.samples().size()).sum();
    }
  }

  /** A series of a request, as it came. */
  record Series(List<Map.Entry<String, String>> labels, List<Sample> samples) {
    String text() {
      return labels.toString();
    }
  }

  record Sample(long timeMillis, long bits) {
    double value() {
      return Double.longBitsToDouble(bits);
    }

    boolean isStale() {
      return bits == 0x7ff0000000000002L;
    }
  }

  /** An answer. */
  record Reply(int status, String text, Map<String, String> headers) {
    static final Reply TAKEN = new Reply(204, "", Map.of());

    static Reply of(int status) {
      return new Reply(status, "status " + status, Map.of());
    }
  }

  private RemoteWriteReceiver(HttpServer server) {
    this.server = server;
    this.port = server.getAddress().getPort();
  }

  static RemoteWriteReceiver start() throws IOException {
    return start(0);
  }

  /** The same on the port of one that was closed. */
  static RemoteWriteReceiver start(int port) throws IOException {
    var server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    var receiver = new RemoteWriteReceiver(server);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/write", receiver::take);
    server.start();
    return receiver;
  }

  int port() {
    return port;
  }

  String url() {
    return "http://127.0.0.1:" + port + "/write";
  }

  /** From now on answers so. Requests that are not taken are kept, too. */
  void answer(Function<Request, Reply> how) {
    answers = how;
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The samples of all requests, by series, each as often as it came. */
  Map<String, List<Sample>> samples() {
    return samplesOf(requests);
  }

  /** The same of some requests. */
  static Map<String, List<Sample>> samplesOf(List<Request> requests) {
    Map<String, List<Sample>> samples = new TreeMap<>();
    for (Request request : requests) {
      for (Series series : request.series()) {
        samples.computeIfAbsent(series.text(), _ -> new ArrayList<>()).addAll(series.samples());
      }
    }
    return samples;
  }

  /** The samples of the one series whose labels have that text in them. */
  List<Sample> samplesOf(String text) {
    return samples().entrySet().stream()
        .filter(entry -> entry.getKey().contains(text))
        .flatMap(entry -> entry.getValue().stream())
        .toList();
  }

  /** The values of those samples. */
  List<Double> valuesOf(String text) {
    return samplesOf(text).stream().map(Sample::value).toList();
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("nothing came of it in time");
      }
      RunningProcess.pause(Duration.ofMillis(5));
    }
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] packed = exchange.getRequestBody().readAllBytes();
      Request request = new Request(exchange.getRequestHeaders(), decode(unpack(packed)));
      Reply reply = answers.apply(request);
      requests.add(request);
      reply.headers().forEach(exchange.getResponseHeaders()::add);
      byte[] text = reply.text().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(reply.status(), text.length == 0 ? -1 : text.length);
      if (text.length > 0) {
        exchange.getResponseBody().write(text);
      }
    } catch (RuntimeException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  private static byte[] unpack(byte[] packed) {
    int length = SnappyDecompressor.getUncompressedLength(packed, 0);
    byte[] message = new byte[length];
    int written = new SnappyDecompressor().decompress(packed, 0, packed.length, message, 0, length);
    return Arrays.copyOf(message, written);
  }

  private static List<Series> decode(byte[] message) {
    var series = new ArrayList<Series>();
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      assertEquals(1, fieldOf(in));
      series.add(series(messageOf(in)));
    }
    return series;
  }

  private static Series series(ByteBuffer in) {
    var labels = new ArrayList<Map.Entry<String, String>>();
    var samples = new ArrayList<Sample>();
    while (in.hasRemaining()) {
      if (fieldOf(in) == 1) {
        labels.add(label(messageOf(in)));
      } else {
        samples.add(sample(messageOf(in)));
      }
    }
    return new Series(labels, samples);
  }

  private static Map.Entry<String, String> label(ByteBuffer in) {
    String[] pair = {"", ""};
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      pair[field - 1] = StandardCharsets.UTF_8.decode(messageOf(in)).toString();
    }
    return Map.entry(pair[0], pair[1]);
  }

  private static Sample sample(ByteBuffer in) {
    long bits = 0;
    long time = 0;
    while (in.hasRemaining()) {
      if (fieldOf(in) == 1) {
        bits = in.order(ByteOrder.LITTLE_ENDIAN).getLong();
      } else {
        time = varint(in);
      }
    }
    return new Sample(time, bits);
  }

  private static int fieldOf(ByteBuffer in) {
    return (int) (varint(in) >>> 3);
  }

  private static ByteBuffer messageOf(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer message = in.slice(in.position(), length);
    in.position(in.position() + length);
    return message;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    byte piece;
    do {
      piece = in.get();
      value |= (piece & 0x7fL) << shift;
      shift += 7;
    } while (piece < 0);
    return value;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
