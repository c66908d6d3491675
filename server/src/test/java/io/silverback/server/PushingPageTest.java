package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each program of the page on pushing does what the page says; the one in Go: {@link GoClientIT}.
 */
final class PushingPageTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final TestGateway gateway = TestGateway.start();
  private final String address = "127.0.0.1:" + gateway.port();

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void curlPushes() throws IOException {
    RunningProcess.complete(
        List.of("/bin/sh", "-c", PushingPage.program("sh", address)), Map.of(), LIMIT);
    assertShown(
        "backup_last_success_timestamp_seconds{instance=\"db1\",job=\"backup\"} 1.7953e+09\n");
  }

  @Test
  void pythonPushes(@TempDir Path folder) throws IOException {
    RunningProcess.debianProgram(
        "/usr/lib/python3/dist-packages/prometheus_client", "python3-prometheus-client");
    Path program = Files.writeString(folder.resolve("load.py"), program("python"));
    RunningProcess.complete(
        List.of(RunningProcess.debianProgram("/usr/bin/python3", "python3"), program.toString()),
        Map.of(),
        LIMIT);
    assertShown("rows_loaded{instance=\"worker-1\",job=\"loader\"} 128\n");
  }

  @Test
  void javaPushes(@TempDir Path folder) throws Exception {
    Path program = Files.writeString(folder.resolve("Load.java"), program("java"));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-d", folder.toString(), program.toString());
    assertEquals(0, result);
    URL[] classes = {folder.toUri().toURL()};
    try (var loader = new URLClassLoader(classes, getClass().getClassLoader())) {
      var main = loader.loadClass("Load").getMethod("main", String[].class);
      main.invoke(null, (Object) new String[0]);
    } catch (InvocationTargetException e) {
      throw new AssertionError("the program failed", e.getCause());
    }
    assertShown("rows_loaded{instance=\"worker-2\",job=\"loader\"} 128\n");
  }

  private String program(String language) {
    return PushingPage.program(language, address);
  }

  private void assertShown(String line) throws IOException {
    String page = gateway.get("/metrics").text();
    assertTrue(page.contains("\n" + line), page);
  }
}
