package io.silverback.server.flags;

import java.util.ArrayList;
import java.util.List;

/**
 * Flags that belong together: one heading of the help, and its rows in the order of the file.
 *
 * <p>A new flag is one row. The row is also the constant by which its value is read.
 */
final class FlagTable {
  private final String heading;
  private final List<Flag<?>> rows = new ArrayList<>();

  FlagTable(String heading) {
    this.heading = heading;
  }

  String heading() {
    return heading;
  }

  List<Flag<?>> rows() {
    return List.copyOf(rows);
  }

  /** A flag that takes one value. */
  <T> Flag<T> single(String name, FlagType<T> type, String standard, String help) {
    return add(new Flag<>(name, Flag.Kind.SINGLE, type, standard, help, false));
  }

  /** The same, if it follows the configuration file while the server runs. */
  <T> Flag<T> live(String name, FlagType<T> type, String standard, String help) {
    return add(new Flag<>(name, Flag.Kind.SINGLE, type, standard, help, true));
  }

  /** A flag that may be repeated; its type reads one of the values. */
  <T> Flag<T> list(String name, FlagType<T> type, String standard, String help) {
    return add(new Flag<>(name, Flag.Kind.LIST, type, standard, help, false));
  }

  /** A switch that is off by default. */
  Flag<Boolean> off(String name, String help) {
    return off(name, FlagTypes.onOff(), help);
  }

  Flag<Boolean> off(String name, FlagType<Boolean> type, String help) {
    return add(new Flag<>(name, Flag.Kind.SWITCH, type, "false", help, false));
  }

  /** A switch that is on by default. */
  Flag<Boolean> on(String name, String help) {
    return add(new Flag<>(name, Flag.Kind.SWITCH, FlagTypes.onOff(), "true", help, false));
  }

  private <T> Flag<T> add(Flag<T> flag) {
    rows.add(flag);
    return flag;
  }
}
