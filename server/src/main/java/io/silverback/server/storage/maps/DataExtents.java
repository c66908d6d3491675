package io.silverback.server.storage.maps;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker.Option;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a sparse file that hold data. The files of maps are mostly holes, and reading those
 * would take longer than reading what is in them.
 */
public final class DataExtents {
  // The numbers of Linux; see lseek(2).
  private static final int READ_ONLY = 0;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private DataExtents() {}

  /**
   * A part of a file.
   *
   * @param start of its first byte
   * @param end after its last byte
   */
  public record Extent(long start, long end) {}

  /** In the order of the file; a single one of the whole file where nobody can tell. */
  public static List<Extent> of(Path file) throws IOException {
    long size = Files.size(file);
    return CLibrary.IS_LINUX && size > 0 ? Calls.extents(file, size) : List.of(new Extent(0, size));
  }

  /** Calls into the C library, which are not linked before they are needed. */
  private static final class Calls {
    private static final MethodHandle OPEN =
        CLibrary.function(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Option.firstVariadicArg(2));
    private static final MethodHandle SEEK =
        CLibrary.function("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CLOSE =
        CLibrary.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    static List<Extent> extents(Path file, long size) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), READ_ONLY);
        if (descriptor < 0) {
          throw new IOException("cannot open for reading: file=" + file);
        }
        try {
          return extents(descriptor, size);
        } finally {
          int _ = (int) CLOSE.invokeExact(descriptor);
        }
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("a call into the C library failed: file=" + file, e);
      }
    }

    private static List<Extent> extents(int descriptor, long size) throws Throwable {
      var extents = new ArrayList<Extent>();
      long at = 0;
      while (at < size) {
        long start = (long) SEEK.invokeExact(descriptor, at, SEEK_DATA);
        if (start < 0) {
          // Nothing but holes up to the end.
          return extents;
        }
        long hole = (long) SEEK.invokeExact(descriptor, start, SEEK_HOLE);
        at = hole < 0 ? size : hole;
        extents.add(new Extent(start, at));
      }
      return extents;
    }
  }
}
