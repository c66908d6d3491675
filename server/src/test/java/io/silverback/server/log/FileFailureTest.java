package io.silverback.server.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

final class FileFailureTest {
  @Test
  void theReasonIsAWordAndNotTheNameOfTheFile() {
    assertEquals("permission denied", FileFailure.reason(new AccessDeniedException("/x")));
    assertEquals("no such file", FileFailure.reason(new NoSuchFileException("/x")));
    assertEquals("it is not UTF-8 text", FileFailure.reason(new MalformedInputException(1)));
    assertEquals("Is a loop", FileFailure.reason(new FileSystemException("/x", null, "Is a loop")));
    assertEquals("Is a directory", FileFailure.reason(new IOException("Is a directory")));
    assertEquals("unknown reason", FileFailure.reason(new IOException()));
    assertEquals(
        "permission denied",
        FileFailure.reason(new UncheckedIOException(new AccessDeniedException("/x"))));
  }
}
