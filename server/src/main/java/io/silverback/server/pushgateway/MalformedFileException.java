package io.silverback.server.pushgateway;

import java.io.IOException;
import java.io.Serial;

/** The file is cut off, damaged, or of another kind. The message says where. */
public final class MalformedFileException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  MalformedFileException(String reason, long offset) {
    super(reason + ": offset=" + offset);
  }
}
