package io.silverback.server;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/** The signal SIGHUP, by which operators ask a server to read its configuration again. */
final class HangUp {
  private HangUp() {}

  /**
   * Does something on each SIGHUP from now on, instead of ending the process.
   *
   * <p>By reflection, as the JDK has no other way to signals than a class that compilers warn of.
   *
   * @return false on a system without this signal, and where the parent of this process has it
   *     ignored, as {@code nohup} does
   */
  static boolean listen(Runnable onSignal) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler calls =
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  onSignal.run();
                  yield null;
                }
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> "HangUp";
              };
      Object listener =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, calls);
      Object before =
          signal
              .getMethod("handle", signal, handler)
              .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), listener);
      return !handler.getField("SIG_IGN").get(null).equals(before);
    } catch (ReflectiveOperationException _) {
      return false;
    }
  }
}
