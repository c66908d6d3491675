package io.silverback.server.storage.maps;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of the C library. Stateless. */
final class CLibrary {
  static final boolean IS_LINUX = System.getProperty("os.name", "").equals("Linux");

  private static final Linker LINKER = Linker.nativeLinker();

  private CLibrary() {}

  @SuppressWarnings("restricted") // The launcher allows native access.
  static MethodHandle function(
      String name, FunctionDescriptor signature, Linker.Option... options) {
    MemorySegment function = LINKER.defaultLookup().find(name).orElseThrow();
    return LINKER.downcallHandle(function, signature, options);
  }
}
