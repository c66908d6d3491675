package io.silverback.server.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file or folder cannot be used, in words for an operator. */
public final class FileFailure {
  private FileFailure() {}

  /**
   * The reason without the name of the file, which the message around it has anyway. The JDK often
   * says nothing but that name.
   */
  public static String reason(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file";
      case AccessDeniedException _ -> "permission denied";
      case NotDirectoryException _, FileAlreadyExistsException _ -> "it is no folder";
      case CharacterCodingException _ -> "it is not UTF-8 text";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> failure.getMessage() == null ? "unknown reason" : failure.getMessage();
    };
  }

  public static String reason(UncheckedIOException failure) {
    IOException cause = failure.getCause();
    return cause == null ? "unknown reason" : reason(cause);
  }
}
