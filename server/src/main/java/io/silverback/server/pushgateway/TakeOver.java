package io.silverback.server.pushgateway;

import io.silverback.server.group.GroupUpdate;
import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StoreUnusableException;
import io.silverback.server.storage.files.ForeignFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a server does with the file of a Pushgateway in the place of its own store: all groups come
 * over, and the file stays as it is, under another name. A start that does not get to the end of it
 * is made up for by the next one. Not thread-safe.
 */
public final class TakeOver {
  private static final Log log = Log.of(TakeOver.class);

  private static final String UNFINISHED = ".taking-over";

  private final Path path;
  private final Path unfinished;
  private final PushgatewayFile file;
  private int groups;
  private int refused;
  private String reason = "";

  private TakeOver(Path path, Path unfinished, LongSupplier wallMillis) {
    this.path = path;
    this.unfinished = unfinished;
    this.file = new PushgatewayFile(unfinished, wallMillis);
  }

  /**
   * Looks for such a file before the store is opened, and gives it a name that is out of the way if
   * all of it can be read.
   *
   * @param startsEmpty if one that cannot be read is left for the store to keep aside
   * @throws StoreUnusableException if there is one that cannot be read
   */
  public static Optional<TakeOver> find(Path path, boolean startsEmpty, LongSupplier wallMillis) {
    Path unfinished = Path.of(path + UNFINISHED);
    try {
      if (PushgatewayFile.isOne(path)) {
        new PushgatewayFile(path, wallMillis).read(_ -> {});
        Files.move(path, unfinished);
      } else if (!Files.isRegularFile(unfinished)) {
        return Optional.empty();
      }
      return Optional.of(new TakeOver(path, unfinished, wallMillis));
    } catch (MalformedFileException e) {
      if (startsEmpty) {
        return Optional.empty();
      }
      throw unreadable(path, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw unreadable(path, FileFailure.reason(e), e);
    }
  }

  private static StoreUnusableException unreadable(Path path, String reason, Throwable cause) {
    return new StoreUnusableException(
        "this is the file of a Pushgateway and cannot be read, so its metrics would be lost: restore"
            + " it, move it away, or set --persistence.start-empty to have it kept aside: file="
            + path
            + " reason="
            + reason,
        cause);
  }

  /** Brings all groups to the store, and says in the log what came over. */
  public void into(MetricStore store) {
    try {
      file.read(group -> count(group, store.submit(group)));
      Path aside = ForeignFile.aside(path);
      Files.move(unfinished, aside);
      log.info(
          "took over the metrics of a Pushgateway", "groups", groups, "kept_as", aside.toString());
    } catch (IOException e) {
      throw unreadable(unfinished, FileFailure.reason(e), e);
    }
    if (refused > 0) {
      log.error(
          "could not take over some groups of a Pushgateway",
          "refused",
          refused,
          "groups",
          groups,
          "last_reason",
          reason);
    }
  }

  private void count(GroupUpdate.Restore group, Submission outcome) {
    Optional<String> refusal =
        switch (outcome) {
          // Outdated: an earlier start got as far as this.
          case Submission.Accepted _, Submission.Outdated _ -> Optional.empty();
          case Submission.Refused(_, String why) -> Optional.of(why);
          case Submission.OverLimit(_, _, String why) -> Optional.of(why);
          case Submission.Unavailable(_, String why) -> Optional.of(why);
        };
    groups += refusal.isEmpty() ? 1 : 0;
    refused += refusal.isPresent() ? 1 : 0;
    reason = refusal.map(why -> group.key() + ": " + why).orElse(reason);
  }
}
