package io.silverback.server.storage.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.silverback.server.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file in the place where the folder of the store is to be, such as that of a Pushgateway. */
public final class ForeignFile {
  private static final Log log = Log.of(ForeignFile.class);

  /** Stands at the start of what Go's gob makes of the Pushgateway's groups. */
  private static final String GOB_NAME = "GroupingKeyToMetricGroup";

  private static final int HEAD_LENGTH = 256;

  private ForeignFile() {}

  /** A name for the file that is out of the way and that no other has. */
  public static Path aside(Path file) {
    return Path.of(file + "." + StoreDirectory.SET_ASIDE + StoreDirectory.timeName());
  }

  /** Gives the file another name and says in the log what can be done about it. */
  static void keepAside(Path file, Path aside) throws IOException {
    String head;
    try (InputStream in = Files.newInputStream(file)) {
      head = new String(in.readNBytes(HEAD_LENGTH), ISO_8859_1);
    }
    Files.move(file, aside);
    String what =
        head.contains(GOB_NAME)
            ? "could not load persisted metrics: this is the file of a Pushgateway, kept aside; to"
                + " take its metrics over, start the Pushgateway with it once more and run"
                + " silverback import"
            : "could not load persisted metrics: this file is no store, kept aside";
    log.error(what, "file", file.toString(), "kept_as", aside.toString());
  }
}
