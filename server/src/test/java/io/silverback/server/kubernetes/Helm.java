package io.silverback.server.kubernetes;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Helm itself, as a library. It brings JNA, which the store must not find: the tests would take
 * another way to the system than the server does. So its classes are loaded apart, and called by
 * their names.
 */
final class Helm implements AutoCloseable {
  private static final Path JARS = Path.of("target", "tools", "helm");

  private final URLClassLoader loader;
  private final Object helm;

  /** Works on the chart of a folder. */
  Helm(Path chart) throws IOException {
    try (Stream<Path> jars = Files.list(JARS)) {
      URL[] urls = jars.map(Helm::url).toArray(URL[]::new);
      loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }
    try {
      Class<?> type = loader.loadClass("com.marcnuri.helm.Helm");
      helm = type.getConstructor(Path.class).newInstance(chart);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new AssertionError(e);
    }
  }

  /** Its warnings and errors about the chart. */
  List<String> lint() {
    Object lint = call(call(call(helm, "lint"), "strict"), "quiet");
    return ((List<?>) call(call(lint, "call"), "getMessages"))
        .stream().map(String::valueOf).toList();
  }

  /**
   * All objects of a release, as text.
   *
   * @throws IllegalStateException if the chart does not take the values, with its reason
   */
  String template(String release, Path values) {
    Object template = call(helm, "template");
    call(template, "withName", release);
    call(template, "withNamespace", release);
    call(template, "withValuesFile", Path.class, values);
    return (String) call(template, "call");
  }

  private static Object call(Object target, String method) {
    return call(target, method, new Class<?>[0]);
  }

  private static Object call(Object target, String method, String argument) {
    return call(target, method, String.class, argument);
  }

  private static Object call(Object target, String method, Class<?> type, Object argument) {
    return call(target, method, new Class<?>[] {type}, argument);
  }

  private static Object call(Object target, String method, Class<?>[] types, Object... arguments) {
    try {
      return target.getClass().getMethod(method, types).invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException refusal) {
        throw refusal;
      }
      throw new AssertionError(e);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
