package io.silverback.cluster.simulation;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The state of one group, as small as it can be: a family is one number. Updates and merges follow
 * the formulas of the store.
 *
 * @param key {@code job/label names/label values}
 * @param shape what other stores have to know before they take the state
 */
record SimGroup(
    String key,
    Version deletedAt,
    Version replacedAt,
    Version push,
    SortedMap<String, Family> families,
    int shape) {

  /**
   * A family.
   *
   * @param tag makes its series different from that of other groups
   */
  record Family(Version version, long value, String tag) {}

  /** What can be done to a group. */
  enum Kind {
    PUT,
    POST,
    DELETE
  }

  /** What a client asks for; each family gets the value, and is given by its name and tag. */
  record Update(String key, Kind kind, long value, SortedMap<String, String> families, int shape) {
    byte[] encode() {
      var out = new ByteOutput().text(key).text(kind.name()).u64(value).u32(shape);
      out.list(
          List.copyOf(families.entrySet()),
          (to, family) -> to.text(family.getKey()).text(family.getValue()));
      return out.finish();
    }

    static Update decode(byte[] bytes) {
      var in = new ByteInput(bytes);
      String key = in.text();
      Kind kind = Kind.valueOf(in.text());
      long value = in.u64();
      int shape = in.u32();
      var families = new TreeMap<String, String>();
      in.list(from -> families.put(from.text(), from.text()));
      return new Update(key, kind, value, families, shape);
    }
  }

  static SimGroup empty(String key) {
    return new SimGroup(key, Version.NEVER, Version.NEVER, Version.NEVER, new TreeMap<>(), 0);
  }

  boolean exists() {
    return push.isAfter(deletedAt);
  }

  Version newest() {
    Version newest = push.max(deletedAt).max(replacedAt);
    for (Family family : families.values()) {
      newest = newest.max(family.version());
    }
    return newest;
  }

  /** The same, but that what is not there any more cannot come back into what is made of it. */
  SimGroup purgedUpTo(Version horizon) {
    return exists()
        ? this
        : new SimGroup(key, deletedAt.max(horizon), replacedAt, push, families, shape);
  }

  SimGroup with(Update update, Version version) {
    if (update.kind() == Kind.DELETE) {
      return new SimGroup(key, version, replacedAt, push, new TreeMap<>(), shape);
    }
    var next = new TreeMap<>(families);
    update
        .families()
        .forEach((name, tag) -> next.put(name, new Family(version, update.value(), tag)));
    Version replaced = update.kind() == Kind.PUT ? version : replacedAt;
    return new SimGroup(key, deletedAt, replaced, version, next, update.shape()).pruned();
  }

  SimGroup merge(SimGroup other) {
    var union = new TreeMap<>(families);
    other
        .families()
        .forEach(
            (name, family) ->
                union.merge(name, family, (a, b) -> b.version().isAfter(a.version()) ? b : a));
    int newerShape = other.push.isAfter(push) ? other.shape : shape;
    return new SimGroup(
            key,
            deletedAt.max(other.deletedAt),
            replacedAt.max(other.replacedAt),
            push.max(other.push),
            union,
            newerShape)
        .pruned();
  }

  private SimGroup pruned() {
    var visible = new TreeMap<>(families);
    visible
        .values()
        .removeIf(
            family -> !family.version().isAfter(deletedAt) || replacedAt.isAfter(family.version()));
    return new SimGroup(key, deletedAt, replacedAt, push, visible, shape);
  }

  /** What a scrape shows of it. */
  SortedMap<String, Long> values() {
    var values = new TreeMap<String, Long>();
    families.forEach((name, family) -> values.put(name, family.value()));
    return values;
  }

  /** The series that a scrape shows, without the job. */
  List<String> series() {
    var series = new ArrayList<String>();
    for (Map.Entry<String, Family> family : families.entrySet()) {
      series.add(family.getKey() + "{" + family.getValue().tag() + "}");
    }
    return series;
  }

  static String jobOf(String key) {
    return key.substring(0, key.indexOf('/'));
  }

  static String labelNamesOf(String key) {
    return key.substring(key.indexOf('/') + 1, key.lastIndexOf('/'));
  }

  /**
   * The bytes of the state; a node that does not know the shape can take it only if it comes along.
   */
  byte[] encode(boolean withShape) {
    var out = new ByteOutput().flag(withShape).u32(shape).text(key);
    write(out, deletedAt);
    write(out, replacedAt);
    write(out, push);
    out.list(
        List.copyOf(families.entrySet()),
        (to, entry) -> {
          to.text(entry.getKey());
          write(to, entry.getValue().version());
          to.u64(entry.getValue().value()).text(entry.getValue().tag());
        });
    return out.finish();
  }

  static boolean hasShape(byte[] state) {
    return new ByteInput(state).flag();
  }

  static SimGroup decode(byte[] state) {
    var in = new ByteInput(state);
    in.flag();
    int shape = in.u32();
    String key = in.text();
    Version deletedAt = version(in);
    Version replacedAt = version(in);
    Version push = version(in);
    var families = new TreeMap<String, Family>();
    in.list(from -> families.put(from.text(), new Family(version(from), from.u64(), from.text())));
    in.end();
    return new SimGroup(key, deletedAt, replacedAt, push, families, shape);
  }

  private static void write(ByteOutput out, Version version) {
    out.u64(version.epoch()).u64(version.clock()).u64(version.incarnation());
  }

  private static Version version(ByteInput in) {
    return new Version(in.u64(), in.u64(), in.u64());
  }
}
