package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.silverback.codec.remotewrite.WriteProtocol;
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

/**
 * A target of remote write that keeps what it gets, of either version, and answers as a test wants.
 *
 * <p>Longer than other classes, as it reads both versions without the help of the classes that
 * write them.
 */
final class RemoteWriteReceiver implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final HttpServer server;
  private final int port;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Request> told = new CopyOnWriteArrayList<>();
  private volatile Function<Request, Reply> answers = Reply::taken;

  /**
   * What was sent.
   *
   * @param bytes of the body
   * @param metadata of a request of 1.0 that has no series
   * @param symbols of a request of 2.0
   */
  record Request(
      String method,
      Headers headers,
      int bytes,
      List<Series> series,
      List<Metadata> metadata,
      List<String> symbols) {
    /** The version that it says it is of. */
    WriteProtocol protocol() {
      return WriteProtocol.V1.versionHeader().equals(header("X-Prometheus-Remote-Write-Version"))
          ? WriteProtocol.V1
          : WriteProtocol.V2;
    }

    /** Empty if it is not there. */
    String header(String name) {
      String value = headers.getFirst(name);
      return value == null ? "" : value;
    }

    int samples() {
      return series.stream().mapToInt(one -> one.samples().size()).sum();
    }
  }

  /** What a request says of a family; the name is empty where it belongs to a series. */
  record Metadata(String name, int type, String help, String unit) {
    static final Metadata NONE = new Metadata("", 0, "", "");
  }

  /** A series of a request, as it came. */
  record Series(List<Map.Entry<String, String>> labels, List<Sample> samples, Metadata metadata) {
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

    /** As a target of that version does that takes all. */
    static Reply taken(Request request) {
      return request.protocol() == WriteProtocol.V1 ? TAKEN : wrote(204, request.samples());
    }

    /** As a target of 2.0 does that took that many samples. */
    static Reply wrote(int status, int samples) {
      return new Reply(
          status,
          status / 100 == 2 ? "" : "status " + status,
          Map.of("X-Prometheus-Remote-Write-Samples-Written", Integer.toString(samples)));
    }

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
    return start(HttpServer.create(here(port), 0));
  }

  /** The same over TLS. */
  static RemoteWriteReceiver start(HttpsConfigurator tls) throws IOException {
    HttpsServer server = HttpsServer.create(here(0), 0);
    server.setHttpsConfigurator(tls);
    return start(server);
  }

  private static InetSocketAddress here(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static RemoteWriteReceiver start(HttpServer server) {
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
    return (server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:" + port + "/write";
  }

  /** From now on answers so. Requests that are not taken are kept, too. */
  void answer(Function<Request, Reply> how) {
    answers = how;
  }

  /** Those with samples. */
  List<Request> requests() {
    return List.copyOf(requests);
  }

  /** Those with metadata alone. */
  List<Request> told() {
    return List.copyOf(told);
  }

  /** Keeps nothing of what came until now. */
  void forget() {
    requests.clear();
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

  /** The sum of the own metrics of remote write whose lines have that text. */
  static long own(TestGateway gateway, String text) {
    try {
      return gateway.exposed(text).stream()
          .filter(line -> line.startsWith("silverback_remote_storage_"))
          .mapToLong(line -> Math.round(Double.parseDouble(line.substring(line.lastIndexOf(' ')))))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
      Request request = decode(exchange, packed.length, unpack(packed));
      Reply reply = answers.apply(request);
      (request.metadata().isEmpty() ? requests : told).add(request);
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

  private static Request decode(HttpExchange exchange, int bytes, byte[] message) {
    Headers headers = exchange.getRequestHeaders();
    var series = new ArrayList<ByteBuffer>();
    var metadata = new ArrayList<Metadata>();
    var symbols = new ArrayList<String>();
    boolean isFirst = WriteProtocol.V1.contentType().equals(headers.getFirst("Content-Type"));
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      ByteBuffer content = messageOf(in);
      if (field == (isFirst ? 1 : 5)) {
        series.add(content);
      } else if (isFirst) {
        assertEquals(3, field);
        metadata.add(metadata(content));
      } else {
        assertEquals(4, field);
        symbols.add(text(content));
      }
    }
    return new Request(
        exchange.getRequestMethod(),
        headers,
        bytes,
        series.stream().map(one -> isFirst ? series(one) : series(one, symbols)).toList(),
        metadata,
        symbols);
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
    return new Series(labels, samples, Metadata.NONE);
  }

  private static Series series(ByteBuffer in, List<String> symbols) {
    var labels = new ArrayList<Map.Entry<String, String>>();
    var samples = new ArrayList<Sample>();
    Metadata metadata = Metadata.NONE;
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      ByteBuffer content = messageOf(in);
      switch (field) {
        case 1 -> {
          while (content.hasRemaining()) {
            labels.add(Map.entry(symbol(content, symbols), symbol(content, symbols)));
          }
        }
        case 2 -> samples.add(sample(content));
        default -> {
          assertEquals(5, field);
          metadata = metadata(content, symbols);
        }
      }
    }
    return new Series(labels, samples, metadata);
  }

  private static String symbol(ByteBuffer in, List<String> symbols) {
    return symbols.get((int) varint(in));
  }

  private static Metadata metadata(ByteBuffer in) {
    int type = 0;
    String[] texts = {"", "", "", ""};
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      if (field == 1) {
        type = (int) varint(in);
      } else {
        texts[field - 2] = text(messageOf(in));
      }
    }
    return new Metadata(texts[0], type, texts[2], texts[3]);
  }

  private static Metadata metadata(ByteBuffer in, List<String> symbols) {
    int type = 0;
    String[] texts = {"", ""};
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      if (field == 1) {
        type = (int) varint(in);
      } else {
        texts[field - 3] = symbol(in, symbols);
      }
    }
    return new Metadata("", type, texts[0], texts[1]);
  }

  private static String text(ByteBuffer in) {
    return StandardCharsets.UTF_8.decode(in).toString();
  }

  private static Map.Entry<String, String> label(ByteBuffer in) {
    String[] pair = {"", ""};
    while (in.hasRemaining()) {
      int field = fieldOf(in);
      pair[field - 1] = text(messageOf(in));
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
