package io.silverback.server.storage.maps;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker.Option;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Gives the room of parts of files back to the disk. Afterwards they read as zeros, and take room
 * again once they are written to. Stateless; works on Linux, and on most of its file systems.
 */
public final class Holes {
  /** Parts begin and end at multiples of this, or less is given back. */
  public static final int PAGE_BYTES = 4096;

  // The numbers of Linux; see open(2), fallocate(2) and madvise(2).
  private static final int READ_WRITE = 2;
  private static final int KEEP_SIZE_AND_PUNCH_HOLE = 3;
  private static final int REMOVE = 9;

  private Holes() {}

  /** Calls into the C library, which are not linked before one is needed. */
  private static final class Calls {
    private static final MethodHandle OPEN =
        CLibrary.function(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE =
        CLibrary.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle ALLOCATE =
        CLibrary.function(
            "fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle ADVISE =
        CLibrary.function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    static int punch(Path file, long start, long length) throws Throwable {
      try (Arena arena = Arena.ofConfined()) {
        int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), READ_WRITE);
        if (descriptor < 0) {
          return descriptor;
        }
        try {
          return (int) ALLOCATE.invokeExact(descriptor, KEEP_SIZE_AND_PUNCH_HOLE, start, length);
        } finally {
          int _ = (int) CLOSE.invokeExact(descriptor);
        }
      }
    }
  }

  /** A call that answers 0 if it went well. */
  @FunctionalInterface
  private interface Call {
    int run() throws Throwable;
  }

  /**
   * Makes a hole of a part of a file.
   *
   * @throws IOException if the system cannot do that
   */
  public static void punch(Path file, long start, long end) throws IOException {
    if (!CLibrary.IS_LINUX || answer(() -> Calls.punch(file, start, end - start)) != 0) {
      throw new IOException("the file system cannot give back a part of a file: file=" + file);
    }
  }

  /**
   * Makes a hole of the part of a file that is mapped there, shared with others.
   *
   * @return false if the system cannot do that
   */
  static boolean punchMapped(long address, long length) {
    return CLibrary.IS_LINUX
        && answer(
                () ->
                    (int)
                        Calls.ADVISE.invokeExact(MemorySegment.ofAddress(address), length, REMOVE))
            == 0;
  }

  private static int answer(Call call) {
    try {
      return call.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a call into the C library failed", e);
    }
  }
}
