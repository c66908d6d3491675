package io.silverback.cluster.message;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/** Messages of every kind that there is, with random content, also of kinds that come later. */
final class RandomMessages {
  private final Random random;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  /** The records that are messages. */
  static List<Class<?>> kinds() {
    var kinds = new ArrayList<Class<?>>();
    collect(PeerMessage.class, kinds);
    return kinds;
  }

  private static void collect(Class<?> type, List<Class<?>> kinds) {
    if (type.isRecord()) {
      kinds.add(type);
    } else {
      Arrays.stream(type.getPermittedSubclasses()).forEach(each -> collect(each, kinds));
    }
  }

  PeerMessage of(Class<?> kind) {
    return (PeerMessage) record(kind);
  }

  View view() {
    return (View) record(View.class);
  }

  private Object record(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    var values = new ArrayList<Object>();
    for (RecordComponent component : components) {
      boolean isSlot = component.getName().equals("slot");
      values.add(isSlot ? random.nextInt(HashRing.SLOTS) : value(component.getGenericType()));
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException("cannot make one: type=" + type, e);
    }
  }

  private Object value(Type type) {
    if (type instanceof ParameterizedType parameterized) {
      Type of = parameterized.getActualTypeArguments()[0];
      var values = new ArrayList<Object>();
      int most = parameterized.getRawType() == Optional.class ? 1 : 3;
      for (int count = random.nextInt(most + 1); count > 0; count--) {
        values.add(value(of));
      }
      return most == 1 ? values.stream().findFirst() : values;
    }
    return value((Class<?>) type);
  }

  private Object value(Class<?> type) {
    if (type == long.class || type == Long.class) {
      return random.nextBoolean() ? random.nextLong() : random.nextInt(3);
    }
    if (type == int.class) {
      return random.nextInt();
    }
    if (type == boolean.class) {
      return random.nextBoolean();
    }
    if (type == String.class) {
      return random
          .ints(random.nextInt(12), 0, 4)
          .mapToObj("a\u00e9\u20ac\u0000"::substring)
          .collect(Collectors.joining());
    }
    if (type == byte[].class) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      return bytes;
    }
    if (type == BitSet.class) {
      return BitSet.valueOf(random.longs(random.nextInt(4)).toArray());
    }
    if (type == SlotTable.class) {
      return slots();
    }
    if (type.isSealed() && type.isInterface()) {
      Class<?>[] kinds = type.getPermittedSubclasses();
      return record(kinds[random.nextInt(kinds.length)]);
    }
    return type.isEnum()
        ? type.getEnumConstants()[random.nextInt(type.getEnumConstants().length)]
        : record(type);
  }

  private SlotTable slots() {
    List<Member> members = List.of(member(), member(), member());
    SlotTable slots = SlotTable.EMPTY;
    for (long epoch = random.nextInt(3); epoch > 0; epoch--) {
      slots =
          slots.with(
              epoch,
              slot ->
                  random.nextInt(4) == 0
                      ? Optional.of(members.get(random.nextInt(members.size())))
                      : Optional.empty());
      BitSet handed = BitSet.valueOf(random.longs(3).toArray());
      slots = slots.handedOver(epoch, handed, members.getFirst());
    }
    return slots;
  }

  private Member member() {
    return (Member) record(Member.class);
  }

  /** All that a value is, arrays and records within it, too. */
  static String describe(Object value) {
    return switch (value) {
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case List<?> list -> list.stream().map(RandomMessages::describe).toList().toString();
      case Record whole -> {
        var text = new StringBuilder(whole.getClass().getSimpleName());
        for (RecordComponent component : whole.getClass().getRecordComponents()) {
          text.append(' ').append(component.getName()).append('=');
          text.append(describe(field(whole, component)));
        }
        yield text.append(';').toString();
      }
      case SlotTable slots -> {
        var text = new StringBuilder();
        for (int slot = 0; slot < HashRing.SLOTS; slot++) {
          text.append(slots.tenure(slot)).append(' ');
        }
        yield text.toString();
      }
      default -> value.toString();
    };
  }

  private static Object field(Record whole, RecordComponent component) {
    try {
      return component.getAccessor().invoke(whole);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot be read: component=" + component, e);
    }
  }
}
