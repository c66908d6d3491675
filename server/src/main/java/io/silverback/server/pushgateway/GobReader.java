package io.silverback.server.pushgateway;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one map that Go's gob encoding wrote, entry by entry: the types that it describes first,
 * then the values. Knows of them what the file of a Pushgateway needs: texts, bytes, numbers, maps,
 * slices, structs, and values that encode themselves, which it hands on as bytes. Not thread-safe.
 */
final class GobReader {
  private static final int MOST_TYPES = 1000;
  private static final int DEEPEST = 20;
  private static final int BOOL = 1;
  private static final int SIGNED = 2;
  private static final int UNSIGNED = 3;
  private static final int FLOAT = 4;
  private static final int BYTES = 5;
  private static final int TEXT = 6;

  private final GobInput in;
  private final Map<Long, Type> types = new HashMap<>();

  /** What the file says of a type; numbers name other types. */
  private sealed interface Type {
    record MapOf(String name, long key, long element) implements Type {}

    record ListOf(long element) implements Type {}

    record Struct(List<Field> fields) implements Type {}

    record Encoded() implements Type {}
  }

  private record Field(String name, long type) {}

  /** Of a map. A map within a value is a list of these, a struct is a map of its fields by name. */
  record Entry(Object key, Object value) {}

  /** Takes what the map holds. */
  @FunctionalInterface
  interface Entries {
    void take(Entry entry) throws IOException;
  }

  GobReader(GobInput in) {
    this.in = in;
  }

  /**
   * Reads the map of that type, which has to be all that there is.
   *
   * @throws MalformedFileException if it is something else
   */
  void readMap(String typeName, Entries entries) throws IOException {
    long end = message();
    long type = in.signed();
    while (type < 0) {
      if (types.size() >= MOST_TYPES) {
        throw in.malformed("too many types");
      }
      types.put(-type, typeDescription());
      requireAt(end);
      end = message();
      type = in.signed();
    }
    if (!(types.get(type) instanceof Type.MapOf map) || !map.name().equals(typeName)) {
      throw in.malformed("not a map of the type " + typeName);
    }
    if (in.unsigned() != 0) {
      throw in.malformed("a value of its own does not begin with zero");
    }
    int count = in.count();
    for (int i = 0; i < count; i++) {
      entries.take(new Entry(value(map.key(), 1), value(map.element(), 1)));
    }
    requireAt(end);
    if (!in.isAtEnd()) {
      throw in.malformed("something follows the map");
    }
  }

  private long message() throws IOException {
    int length = in.count();
    return in.offset() + length;
  }

  private void requireAt(long end) throws MalformedFileException {
    if (in.offset() != end) {
      throw in.malformed("a message is longer or shorter than announced");
    }
  }

  /** A struct with one field set: the kind of the type. */
  private Type typeDescription() throws IOException {
    int kind = (int) in.unsigned();
    Type type =
        switch (kind) {
          case 1 -> arrayType();
          case 2 -> sliceType();
          case 3 -> structType();
          case 4 -> mapType();
          case 5, 6, 7 -> encodedType();
          default -> throw in.malformed("no such kind of type: kind=" + kind);
        };
    requireEndOfStruct();
    return type;
  }

  private Type arrayType() throws IOException {
    commonName();
    requireField(1);
    var type = new Type.ListOf(in.signed());
    requireField(1);
    in.signed();
    requireEndOfStruct();
    return type;
  }

  private Type sliceType() throws IOException {
    commonName();
    requireField(1);
    var type = new Type.ListOf(in.signed());
    requireEndOfStruct();
    return type;
  }

  private Type structType() throws IOException {
    commonName();
    var fields = new ArrayList<Field>();
    if (in.unsigned() == 1) {
      int count = in.count();
      for (int i = 0; i < count; i++) {
        requireField(1);
        String name = in.text();
        requireField(1);
        fields.add(new Field(name, in.signed()));
        requireEndOfStruct();
      }
      requireEndOfStruct();
    }
    return new Type.Struct(fields);
  }

  private Type mapType() throws IOException {
    String name = commonName();
    requireField(1);
    long key = in.signed();
    requireField(1);
    var type = new Type.MapOf(name, key, in.signed());
    requireEndOfStruct();
    return type;
  }

  private Type encodedType() throws IOException {
    commonName();
    requireEndOfStruct();
    return new Type.Encoded();
  }

  /**
   * The first field of each description: a struct of the name, which may be empty, and a number.
   */
  private String commonName() throws IOException {
    requireField(1);
    long delta = in.unsigned();
    String name = "";
    if (delta == 1) {
      name = in.text();
      delta = in.unsigned() + 1;
    }
    if (delta != 2) {
      throw in.malformed("a type has no number");
    }
    in.signed();
    requireEndOfStruct();
    return name;
  }

  private void requireField(int delta) throws IOException {
    if (in.unsigned() != delta) {
      throw in.malformed("a type is not described as expected");
    }
  }

  private void requireEndOfStruct() throws IOException {
    if (in.unsigned() != 0) {
      throw in.malformed("a struct does not end where it should");
    }
  }

  private Object value(long type, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw in.malformed("values are nested too deeply");
    }
    if (type >= BOOL && type <= TEXT) {
      return switch ((int) type) {
        case BOOL, UNSIGNED, FLOAT -> in.unsigned();
        case SIGNED -> in.signed();
        case BYTES -> in.bytes();
        default -> in.text();
      };
    }
    return switch (types.get(type)) {
      case Type.MapOf map -> entries(map, depth);
      case Type.ListOf list -> elements(list, depth);
      case Type.Struct struct -> fields(struct, depth);
      case Type.Encoded() -> in.bytes();
      case null -> throw in.malformed("a type is not described: type=" + type);
    };
  }

  private List<Entry> entries(Type.MapOf map, int depth) throws IOException {
    int count = in.count();
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < count; i++) {
      entries.add(new Entry(value(map.key(), depth + 1), value(map.element(), depth + 1)));
    }
    return entries;
  }

  private List<Object> elements(Type.ListOf list, int depth) throws IOException {
    int count = in.count();
    var elements = new ArrayList<Object>();
    for (int i = 0; i < count; i++) {
      elements.add(value(list.element(), depth + 1));
    }
    return elements;
  }

  /** Fields that have the zero value are left out. */
  private Map<String, Object> fields(Type.Struct struct, int depth) throws IOException {
    var values = new HashMap<String, Object>();
    long at = -1;
    for (long delta = in.unsigned(); delta != 0; delta = in.unsigned()) {
      at += delta;
      if (delta < 0 || at < 0 || at >= struct.fields().size()) {
        throw in.malformed("a struct has no such field");
      }
      Field field = struct.fields().get((int) at);
      values.put(field.name(), value(field.type(), depth + 1));
    }
    return values;
  }
}
