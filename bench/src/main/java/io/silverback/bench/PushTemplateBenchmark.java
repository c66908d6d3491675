package io.silverback.bench;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.template.PushTemplate;
import io.silverback.server.template.PushTemplates;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many bytes and samples of a body that was pushed before are read by its template? */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PushTemplateBenchmark {
  private static final int ROUNDS = 16;
  private static final long TEMPLATE_BYTES = 1 << 20;

  /** Protobuf is what Go and newer Java clients send. */
  public enum Format {
    TEXT,
    PROTOBUF
  }

  @Param TextParserBenchmark.Workload workload = TextParserBenchmark.Workload.BATCH;
  @Param Format format = Format.TEXT;

  private final TextParser text = new TextParser(NameValidation.LEGACY);
  private final ProtobufParser protobuf = new ProtobufParser();
  private final PushTemplates templates = new PushTemplates(TEMPLATE_BYTES);
  private final GroupingKey key = GroupingKey.of("benchmark");
  private final byte[][] bodies = new byte[ROUNDS][];
  private int round;

  @Setup
  public void prepare() {
    for (int i = 0; i < ROUNDS; i++) {
      bodies[i] = format == Format.TEXT ? workload.body(i) : protobuf(workload.body(i));
      templates.learn(key, bodies[i], bodies[i].length, isProtobuf(), this::parsed);
    }
  }

  private boolean isProtobuf() {
    return format == Format.PROTOBUF;
  }

  private ParsedExposition parsed(byte[] body) {
    return isProtobuf() ? protobuf.parse(body, body.length) : text.parse(body, body.length);
  }

  private byte[] protobuf(byte[] body) {
    var out = new ExpositionBuffer(body.length);
    var renderer = new ProtobufRenderer();
    text.parse(body, body.length).families().forEach(family -> renderer.render(family, out));
    return out.toByteArray();
  }

  /** What reading the same body costs without a template. */
  @Benchmark
  public ParsedExposition parse(TextParserBenchmark.Volume volume) {
    return parsed(next(volume));
  }

  @Benchmark
  public PushTemplate.Values read(TextParserBenchmark.Volume volume) {
    byte[] body = next(volume);
    return templates
        .of(key, isProtobuf())
        .flatMap(known -> known.read(body, body.length))
        .orElseThrow();
  }

  private byte[] next(TextParserBenchmark.Volume volume) {
    round = (round + 1) % ROUNDS;
    byte[] body = bodies[round];
    volume.bytes += body.length;
    volume.samples += workload.series();
    return body;
  }
}
