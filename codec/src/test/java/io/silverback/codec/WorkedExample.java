package io.silverback.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The worked example of a page in {@code docs/formats}: the lines of its one block fenced as {@code
 * example}.
 *
 * <p>A line is {@code what was written | its bits | note}; the last one is {@code bytes | hex |}. A
 * page whose fields are whole bytes has them in hex in the second cell, too.
 */
public final class WorkedExample {
  private final List<Line> lines;
  private final byte[] bytes;

  private WorkedExample(List<Line> lines, byte[] bytes) {
    this.lines = List.copyOf(lines);
    this.bytes = bytes;
  }

  /** One thing that was written, and its bits with no blanks between them. */
  public record Line(String written, String bits) {}

  public static WorkedExample of(String page) {
    return of(page, "example");
  }

  /** The same, of the one block with another fence. */
  public static WorkedExample of(String page, String fence) {
    var lines = new ArrayList<Line>();
    byte[] bytes = {};
    for (String text : block(page, "```" + fence)) {
      String[] cells = text.split("\\|", -1);
      if (cells.length != 3) {
        throw new IllegalStateException("not three cells: page=" + page + " line=" + text);
      }
      String first = cells[0].strip();
      String second = cells[1].replace(" ", "");
      if (first.equals("bytes")) {
        bytes = HexFormat.of().parseHex(second);
      } else {
        lines.add(new Line(first, second));
      }
    }
    return new WorkedExample(lines, bytes);
  }

  public List<Line> lines() {
    return lines;
  }

  /** What the page says the whole is. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The bits of all lines, filled up with zeros to whole bytes. */
  public byte[] bytesOfBits() {
    var bits = new StringBuilder();
    lines.forEach(line -> bits.append(line.bits()));
    while (bits.length() % Byte.SIZE != 0) {
      bits.append('0');
    }
    byte[] packed = new byte[bits.length() / Byte.SIZE];
    for (int i = 0; i < packed.length; i++) {
      int start = i * Byte.SIZE;
      packed[i] = (byte) Integer.parseInt(bits.substring(start, start + Byte.SIZE), 2);
    }
    return packed;
  }

  /** The bytes of all lines, on a page that has them in hex. */
  public byte[] bytesOfHex() {
    var hex = new StringBuilder();
    lines.forEach(line -> hex.append(line.bits()));
    return HexFormat.of().parseHex(hex);
  }

  private static List<String> block(String page, String fence) {
    try {
      List<String> text = Files.readAllLines(formats().resolve(page));
      int start = text.indexOf(fence);
      if (start < 0 || start != text.lastIndexOf(fence)) {
        throw new IllegalStateException("not one block: page=" + page + " fence=" + fence);
      }
      List<String> rest = text.subList(start + 1, text.size());
      return rest.subList(0, rest.indexOf("```"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
