import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Checks or rewrites the Java files below a folder: {@code Format check|write FOLDER}. */
final class Format {
  private Format() {}

  public static void main(String[] arguments) throws IOException, FormatterException {
    boolean write = arguments[0].equals("write");
    Path folder = Path.of(arguments[1]);
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> sources;
    try (var files = Files.walk(folder)) {
      sources = files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
    var formatter = new Formatter();
    int unformatted = 0;
    for (Path file : sources) {
      String before = Files.readString(file);
      String ordered =
          ImportOrderer.reorderImports(before, JavaFormatterOptions.Style.GOOGLE);
      String after = formatter.formatSource(RemoveUnusedImports.removeUnusedImports(ordered));
      if (after.equals(before)) {
        continue;
      }
      unformatted++;
      if (write) {
        Files.writeString(file, after);
      } else {
        System.err.println("not formatted: " + file);
      }
    }
    if (unformatted > 0 && !write) {
      System.err.println("run: mvn compile -Dformat=write");
      System.exit(1);
    }
  }
}
