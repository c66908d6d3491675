package io.silverback.codec.remotewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.silverback.codec.WorkedExample;
import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class WriteProtocolTest {
  private static final long[] TIMES = {0, 1_699_999_200_000L, 1_699_999_230_000L};
  private static final long[] BITS = {0, Double.doubleToRawLongBits(1.5), 0x7ff0_0000_0000_0002L};
  private static final FamilyMetadata UP = new FamilyMetadata("up", MetricType.GAUGE, "Is it?", "");

  private static final WriteBatch.Points POINTS =
      new WriteBatch.Points() {
        @Override
        public long timeMillis(int index) {
          return TIMES[index];
        }

        @Override
        public long valueBits(int index) {
          return BITS[index];
        }
      };

  @ParameterizedTest
  @EnumSource
  void writesTheWorkedExampleOfThePage(WriteProtocol protocol) {
    var example = WorkedExample.of("remote-write.md", "example-" + protocol.version());
    var batch = new WriteBatch();
    for (int again = 0; again < 2; again++) {
      batch.clear();
      batch.add(labels("__name__", "up", "job", "x"), UP, POINTS, 1, 3);
    }

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), protocol.encode(batch));
    assertEquals(2, batch.samples());
  }

  @Test
  void writesTheMetadataOfThePage() {
    var example = WorkedExample.of("remote-write.md", "example-metadata");

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), WriteRequest.ofMetadata(List.of(UP)));
  }

  /** The messages are described here a second time, and read by Google's library. */
  @Test
  void googlesLibraryReadsBackWhatWasWritten()
      throws DescriptorValidationException, InvalidProtocolBufferException {
    var batch = new WriteBatch();
    var known = new FamilyMetadata("x", MetricType.COUNTER, "Hölp", "s");
    batch.add(labels("__name__", "x", "a", "ü😀"), known, POINTS, 0, 2);
    batch.add(labels("__name__", "x", "job", "x"), known, POINTS, 1, 3);
    batch.add(labels("__name__", "z"), FamilyMetadata.unknown("z"), POINTS, 2, 3);
    FileDescriptor types = types();
    List<String> expected =
        List.of(
            "[__name__=x, a=ü😀] [0:0, 3ff8000000000000:1699999200000]",
            "[__name__=x, job=x] [3ff8000000000000:1699999200000, 7ff0000000000002:1699999230000]",
            "[__name__=z] [7ff0000000000002:1699999230000]");

    var first = parsed(types.findMessageTypeByName("WriteRequest"), WriteProtocol.V1.encode(batch));
    var series = new ArrayList<String>();
    for (DynamicMessage one : messages(first, "timeseries")) {
      List<String> pairs =
          messages(one, "labels").stream()
              .map(label -> value(label, "name") + "=" + value(label, "value"))
              .toList();
      series.add(pairs + " " + samples(one));
    }
    assertEquals(expected, series);

    var second = parsed(types.findMessageTypeByName("Request"), WriteProtocol.V2.encode(batch));
    List<?> symbols = (List<?>) value(second, "symbols");
    assertEquals(List.of("", "__name__", "x", "a", "ü😀", "Hölp", "s", "job", "z"), symbols);
    series.clear();
    var metadata = new ArrayList<String>();
    for (DynamicMessage one : messages(second, "timeseries")) {
      List<?> references = (List<?>) value(one, "labels_refs");
      var pairs = new ArrayList<String>();
      for (int i = 0; i < references.size(); i += 2) {
        pairs.add(text(symbols, references.get(i)) + "=" + text(symbols, references.get(i + 1)));
      }
      series.add(pairs + " " + samples(one));
      var said = (DynamicMessage) value(one, "metadata");
      metadata.add(
          value(said, "type")
              + " "
              + text(symbols, value(said, "help_ref"))
              + " "
              + text(symbols, value(said, "unit_ref")));
    }
    assertEquals(expected, series);
    assertEquals(List.of("1 Hölp s", "1 Hölp s", "0  "), metadata);

    var told =
        parsed(
            types.findMessageTypeByName("WriteRequest"), WriteRequest.ofMetadata(List.of(known)));
    assertEquals(
        List.of(1, "x", "Hölp", "s"),
        messages(told, "metadata").stream()
            .flatMap(one -> one.getAllFields().values().stream())
            .toList());
  }

  @ParameterizedTest
  @EnumSource
  void noMessageIsLongerThanTheBatchSays(WriteProtocol protocol) {
    var batch = new WriteBatch();
    for (int i = 0; i < 300; i++) {
      String text = "ü".repeat(i) + "😀" + "x".repeat(i) + "中".repeat(i);
      batch.add(labels("__name__", "x" + i, "l", text), FamilyMetadata.unknown("x"), POINTS, 0, 3);
    }
    assertTrue(protocol.encode(batch).length <= batch.mostBytes());
  }

  private static Map<String, String> labels(String... pairs) {
    var labels = new TreeMap<String, String>();
    for (int i = 0; i < pairs.length; i += 2) {
      labels.put(pairs[i], pairs[i + 1]);
    }
    return labels;
  }

  private static String text(List<?> symbols, Object number) {
    return String.valueOf(symbols.get((int) number));
  }

  private static List<String> samples(DynamicMessage series) {
    return messages(series, "samples").stream()
        .map(
            sample ->
                Long.toHexString(Double.doubleToRawLongBits((double) value(sample, "value")))
                    + ":"
                    + value(sample, "timestamp"))
        .toList();
  }

  /** That nothing is left that the description does not know is checked, too. */
  private static DynamicMessage parsed(Descriptor type, byte[] bytes)
      throws InvalidProtocolBufferException {
    DynamicMessage message = DynamicMessage.parseFrom(type, bytes);
    assertTrue(message.getUnknownFields().asMap().isEmpty());
    return message;
  }

  private static List<DynamicMessage> messages(DynamicMessage message, String field) {
    return ((List<?>) value(message, field)).stream().map(DynamicMessage.class::cast).toList();
  }

  private static Object value(DynamicMessage message, String field) {
    return message.getField(message.getDescriptorForType().findFieldByName(field));
  }

  private static FileDescriptor types() throws DescriptorValidationException {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setSyntax("proto3")
            .addMessageType(
                type("WriteRequest", many("timeseries", 1, "Series"), many("metadata", 3, "Told")))
            .addMessageType(
                type("Series", many("labels", 1, "Label"), many("samples", 2, "Sample")))
            .addMessageType(
                type(
                    "Label",
                    one("name", 1, FieldDescriptorProto.Type.TYPE_STRING),
                    one("value", 2, FieldDescriptorProto.Type.TYPE_STRING)))
            .addMessageType(
                type(
                    "Sample",
                    one("value", 1, FieldDescriptorProto.Type.TYPE_DOUBLE),
                    one("timestamp", 2, FieldDescriptorProto.Type.TYPE_INT64)))
            .addMessageType(
                type(
                    "Told",
                    one("type", 1, FieldDescriptorProto.Type.TYPE_INT32),
                    one("metric_family_name", 2, FieldDescriptorProto.Type.TYPE_STRING),
                    one("help", 4, FieldDescriptorProto.Type.TYPE_STRING),
                    one("unit", 5, FieldDescriptorProto.Type.TYPE_STRING)))
            .addMessageType(
                type(
                    "Request",
                    one("symbols", 4, FieldDescriptorProto.Type.TYPE_STRING)
                        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED),
                    many("timeseries", 5, "Referring")))
            .addMessageType(
                type(
                    "Referring",
                    one("labels_refs", 1, FieldDescriptorProto.Type.TYPE_UINT32)
                        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED),
                    many("samples", 2, "Sample"),
                    many("metadata", 5, "Metadata")
                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)))
            .addMessageType(
                type(
                    "Metadata",
                    one("type", 1, FieldDescriptorProto.Type.TYPE_INT32),
                    one("help_ref", 3, FieldDescriptorProto.Type.TYPE_UINT32),
                    one("unit_ref", 4, FieldDescriptorProto.Type.TYPE_UINT32)))
            .build();
    return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
  }

  private static DescriptorProto type(String name, FieldDescriptorProto.Builder... fields) {
    var type = DescriptorProto.newBuilder().setName(name);
    for (FieldDescriptorProto.Builder field : fields) {
      type.addField(field);
    }
    return type.build();
  }

  private static FieldDescriptorProto.Builder one(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
  }

  private static FieldDescriptorProto.Builder many(String name, int number, String type) {
    return one(name, number, FieldDescriptorProto.Type.TYPE_MESSAGE)
        .setTypeName(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED);
  }
}
