import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import net.openhft.chronicle.values.Values;

/**
 * Compiles at build time the one class that Chronicle Map would else generate and compile in each
 * process that opens a map: {@code GenerateMapState CLASSES_FOLDER SOURCES_FOLDER}.
 */
final class GenerateMapState {
  private static final String STATE = "net.openhft.chronicle.hash.VanillaGlobalMutableState";
  private static final String GENERATED = STATE + "$$Native";

  private GenerateMapState() {}

  public static void main(String[] arguments) throws IOException, ClassNotFoundException {
    Path classes = Path.of(arguments[0]);
    Path sources = Path.of(arguments[1]);
    if (Files.exists(classes.resolve(GENERATED.replace('.', '/') + ".class"))) {
      return;
    }
    Path source = sources.resolve(GENERATED.replace('.', '/') + ".java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, printedSource());
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-nowarn",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    if (result != 0) {
      throw new IllegalStateException("the generated class does not compile: source=" + source);
    }
  }

  /** The library prints what it generates if it is asked to, and offers no other way to it. */
  private static String printedSource() throws ClassNotFoundException {
    System.setProperty("chronicle.values.dumpCode", "true");
    var printed = new ByteArrayOutputStream();
    PrintStream terminal = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Values.nativeClassFor(Class.forName(STATE));
    } finally {
      System.setOut(terminal);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    int start = text.indexOf("package ");
    if (start < 0) {
      throw new IllegalStateException("the library printed no source: text=" + text);
    }
    return text.substring(start);
  }
}
