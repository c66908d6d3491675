package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A build that there is not yet: this one, with a newer version of the connection between nodes on
 * which the bytes of all messages are others. It is made of changed copies of a few sources, and
 * has the folders of an archive.
 *
 * @param launcher starts it
 * @param version the newest one of the connection that it speaks; it also speaks those of this
 *     build
 */
record NextBuild(String launcher, int version) {
  private static final Path PEER =
      Path.of("..", "cluster", "src", "main", "java", "io", "silverback", "cluster", "peer");
  private static final Pattern VERSION = Pattern.compile("int VERSION = (\\d+);");

  /** Makes it in the folder. */
  static NextBuild make(Path folder) throws IOException {
    Path sources = Files.createDirectories(folder.resolve("sources"));
    Matcher version = VERSION.matcher(Files.readString(PEER.resolve("Versions.java")));
    assertTrue(version.find());
    int next = Integer.parseInt(version.group(1)) + 1;
    Files.writeString(sources.resolve("NextMessages.java"), messages(next));
    change(sources, "Versions.java", VERSION, "int VERSION = " + next + ";");
    String link = "writer.add(message)";
    change(sources, "Link.java", text(link), "writer.add(NextMessages.turned(session, message))");
    String inbound = "received(from.hello().from(), message)";
    change(
        sources,
        "Inbound.java",
        text(inbound),
        "received(from.hello().from(), NextMessages.turned(from, message))");

    Path started = Path.of(RunningGateway.launcher());
    Path build = folder.resolve("next");
    Path lib = Files.createDirectories(build.resolve("lib"));
    copy(started.resolveSibling(Path.of("..", "target", "dist", "lib")), lib);
    Path classes = compile(sources, lib, folder.resolve("classes"));
    update(jar(lib, "silverback-cluster"), classes);
    Path launcher = Files.createDirectories(build.resolve("bin")).resolve("silverback");
    Files.copy(started, launcher);
    Files.copy(started.resolveSibling("jvm.options"), launcher.resolveSibling("jvm.options"));
    return new NextBuild(launcher.toString(), next);
  }

  /** Nothing of a message is where it was, so that no build takes it for one of the other. */
  private static String messages(int version) {
    return """
          package io.silverback.cluster.peer;

          final class NextMessages {
            static byte[] turned(Session session, byte[] message) {
              if (session.version() < %d) {
                return message;
              }
              byte[] turned = new byte[message.length];
              for (int i = 0; i < turned.length; i++) {
                turned[i] = (byte) ~message[message.length - 1 - i];
              }
              return turned;
            }
          }
          """
        .formatted(version);
  }

  private static Pattern text(String text) {
    return Pattern.compile(Pattern.quote(text));
  }

  private static void change(Path sources, String name, Pattern what, String into)
      throws IOException {
    String source = Files.readString(PEER.resolve(name));
    List<MatchResult> found = what.matcher(source).results().toList();
    assertEquals(1, found.size(), () -> name + " has no longer once: " + what);
    String changed = what.matcher(source).replaceAll(Matcher.quoteReplacement(into));
    Files.writeString(sources.resolve(name), changed);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from.toRealPath())) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static Path compile(Path sources, Path lib, Path classes) throws IOException {
    var jars = new ArrayList<String>();
    try (Stream<Path> files = Files.list(lib)) {
      files.filter(file -> file.toString().endsWith(".jar")).map(Path::toString).forEach(jars::add);
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    var said = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, Locale.ROOT, null);
        Stream<Path> all = Files.list(sources)) {
      var options = List.of("-proc:none", "-cp", String.join(":", jars), "-d", classes.toString());
      var units = files.getJavaFileObjectsFromPaths(all.toList());
      assertTrue(compiler.getTask(said, files, null, options, null, units).call(), said::toString);
    }
    return classes;
  }

  private static Path jar(Path lib, String name) throws IOException {
    try (Stream<Path> files = Files.list(lib)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(name))
          .filter(file -> file.toString().endsWith(".jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void update(Path jar, Path classes) {
    var said = new StringWriter();
    var out = new java.io.PrintWriter(said);
    int code =
        java.util.spi.ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(out, out, "uf", jar.toString(), "-C", classes.toString(), ".");
    assertEquals(0, code, said::toString);
  }
}
