package io.silverback.cluster.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/**
 * The worked example of a page in {@code docs/formats} whose fields are whole bytes: lines of
 * {@code what was written | hex | note}, and a last one of {@code bytes | hex |}.
 *
 * @param bytes what the page says the whole is
 * @param bytesOfLines what its lines are, one after the other
 */
public record PageExample(byte[] bytes, byte[] bytesOfLines) {

  public static PageExample of(String page) throws IOException {
    return of(page, "example");
  }

  /** The same, of the block with another fence. */
  public static PageExample of(String page, String fence) throws IOException {
    List<String> text = lines(page);
    int start = text.indexOf("```" + fence);
    if (start < 0) {
      throw new IllegalStateException("no such block: page=" + page + " fence=" + fence);
    }
    var lines = new StringBuilder();
    String whole = "";
    for (String line : text.subList(start + 1, text.size())) {
      if (line.equals("```")) {
        break;
      }
      String[] cells = line.split("\\|", -1);
      if (cells.length != 3) {
        throw new IllegalStateException("not three cells: page=" + page + " line=" + line);
      }
      String hex = cells[1].replace(" ", "");
      if (cells[0].strip().equals("bytes")) {
        whole = hex;
      } else {
        lines.append(hex);
      }
    }
    HexFormat format = HexFormat.of();
    return new PageExample(format.parseHex(whole), format.parseHex(lines));
  }

  /** The text of a page. */
  public static List<String> lines(String page) throws IOException {
    return Files.readAllLines(formats().resolve(page));
  }

  public static String hex(byte[] bytes) {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }

  /** The folder of the pages, wherever below the project the tests were started. */
  private static Path formats() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path formats = at.resolve("docs/formats");
      if (Files.isDirectory(formats)) {
        return formats;
      }
    }
    throw new IllegalStateException(
        "no docs/formats above: directory=" + Path.of("").toAbsolutePath());
  }
}
