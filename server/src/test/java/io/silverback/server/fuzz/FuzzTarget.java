package io.silverback.server.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.ThreadMXBean;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerInputs;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.remoteread.ReadRequest;
import io.silverback.codec.row.SealedInputs;
import io.silverback.server.body.BodyInputs;
import io.silverback.server.group.select.GroupSelector;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.member.MemberInputs;
import io.silverback.server.storage.replica.SubmissionCodec;
import io.silverback.server.storage.replica.UpdateCodec;
import io.silverback.server.web.WebConfigReader;
import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.YamlDocument;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What reads bytes of strangers: each takes any, and ends with a result or the exception that its
 * documentation names, soon and with memory in proportion to the bytes.
 */
public enum FuzzTarget {
  TEXT(FuzzTarget::readText),
  TEXT_UTF8(bytes -> new TextParser(NameValidation.UTF8).parse(bytes, bytes.length)),
  PROTOBUF(bytes -> new ProtobufParser().parse(bytes, bytes.length)),
  GZIP(BodyInputs::inflateGzip),
  SNAPPY(BodyInputs::inflateSnappy),
  SNAPPY_BLOCK(BodyInputs::inflateSnappyBlock),
  READ_REQUEST(bytes -> ReadRequest.parse(bytes, bytes.length)),
  KEY(bytes -> BodyInputs.readKey(new String(bytes, ISO_8859_1))),
  PARAMETERS(bytes -> BodyInputs.readParameters(new String(bytes, ISO_8859_1))),
  SERIES_SELECTOR(bytes -> SeriesSelector.parse(new String(bytes, UTF_8))),
  GROUP_SELECTOR(bytes -> GroupSelector.parse(List.of(new String(bytes, UTF_8)))),
  YAML(bytes -> YamlDocument.read(Path.of("fuzz.yml"), bytes)),
  WEB_CONFIG(bytes -> WebConfigReader.read(Path.of("fuzz.yml"), bytes)),
  GROUP_FRAME(SealedInputs::readFrame),
  GROUP_SHAPE(SealedInputs::readShape),
  GROUP_STATE(SealedInputs::readState),
  ROW_PAGE(SealedInputs::readRows),
  GROUP_UPDATE(UpdateCodec::decode),
  SUBMISSION(SubmissionCodec::decode),
  PEER_MESSAGE(PeerInputs::readMessage),
  VIEW(View::decode),
  SERVER_QUESTION(MemberInputs::readQuestion),
  SERVER_ANSWER(MemberInputs::readAnswer),
  REQUEST(new RequestTarget());

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** More than any input as short as those of a fuzzer may take. */
  private static final long MOST_CPU_NANOS = 5_000_000_000L;

  /** What a reader may allocate whatever comes: its buffers, and what a body may inflate to. */
  private static final long ALLOCATED_ANYWAY = 32L << 20;

  private static final long ALLOCATED_PER_BYTE = 4_000;

  @SuppressWarnings("ImmutableEnumChecker") // The gateway of one of them is started once.
  private final Consumer<byte[]> reader;

  FuzzTarget(Consumer<byte[]> reader) {
    this.reader = reader;
  }

  /** The search for all faults knows the same ones first. */
  private static void readText(byte[] bytes) {
    var parser = new TextParser(NameValidation.LEGACY);
    var found = new ArrayList<MalformedExpositionException>();
    parser.faults(bytes, bytes.length, fault -> found.add(fault) && found.size() < 20);
    try {
      parser.parse(bytes, bytes.length);
      if (!found.isEmpty()) {
        throw new IllegalStateException("a fault of what is valid: " + found.getFirst());
      }
    } catch (MalformedExpositionException e) {
      if (found.isEmpty() || !found.getFirst().reason().equals(e.reason())) {
        throw new IllegalStateException("another fault comes first", e);
      }
    }
  }

  /** Starts what a target needs, once. */
  public void prepare() {
    if (reader instanceof RequestTarget requests) {
      requests.start();
    }
  }

  /** Reads the bytes, and throws if the reader does what it must not. */
  public void read(byte[] bytes) {
    // Again if need be, as the first time may load classes.
    if (!excess(bytes).isEmpty()) {
      String excess = excess(bytes);
      if (!excess.isEmpty()) {
        throw new IllegalStateException(excess);
      }
    }
  }

  /** What is too much; nothing if all is as it should be. */
  private String excess(byte[] bytes) {
    byte[] own = bytes.clone();
    long nanos = THREADS.getCurrentThreadCpuTime();
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reader.accept(own);
    } catch (MalformedExpositionException
        | MalformedSelectorException
        | MalformedBytesException
        | CorruptFrameException
        | ConfigException _) {
      // As documented.
    }
    allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    if (allocated > ALLOCATED_ANYWAY + ALLOCATED_PER_BYTE * bytes.length) {
      return "allocates too much: allocated=" + allocated + " length=" + bytes.length;
    }
    return nanos > MOST_CPU_NANOS ? "takes too long: nanos=" + nanos : "";
  }
}
