package io.silverback.server.config;

import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.log.FileFailure;
import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlDocument;
import io.silverback.server.yaml.YamlSection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Reads the file of {@code --config.file}, and finds all that is wrong with it. */
public final class ConfigurationReader {
  private static final int MAX_BYTES = 1 << 20;

  private static final String FLAGS = "flags";
  private static final String STALENESS = "staleness";

  private static final String REWRITE = "rewrite";

  private static final String REMOTE_WRITE = "remote_write";

  private static final Set<String> KEYS = Set.of(FLAGS, STALENESS, REWRITE, REMOTE_WRITE);

  private ConfigurationReader() {}

  /**
   * Reads a file.
   *
   * @throws MalformedConfigurationException if it cannot be read, is no YAML, or has an unknown key
   *     or a bad value
   */
  public static Configuration read(Path file) {
    Result read = readAll(file);
    if (!read.faults().isEmpty()) {
      throw new MalformedConfigurationException(read.faults());
    }
    return read.configuration();
  }

  /**
   * What was made of a file.
   *
   * @param configuration what could be read of it
   * @param faults a line each, empty if all could be read
   */
  public record Result(Configuration configuration, List<String> faults) {
    public Result {
      faults = List.copyOf(faults);
    }
  }

  /** Reads as much of a file as can be read. */
  public static Result readAll(Path file) {
    var faults = new Faults();
    Configuration read =
        faults.attempt(Configuration.EMPTY, () -> read(file, contentOf(file), faults));
    return new Result(read, faults.messages());
  }

  private static Configuration read(Path file, byte[] content, Faults faults) {
    YamlSection root = YamlSection.root(file, YamlDocument.read(file, content));
    faults.addUnknownKeys(root, KEYS);
    return new Configuration(
        FlagsSection.read(root, FLAGS, faults),
        faults.attempt(List.of(), () -> StalenessSection.read(root, STALENESS, faults)),
        faults.attempt(RewriteRules.NONE, () -> RewriteSection.read(root, REWRITE, faults)),
        faults.attempt(List.of(), () -> RemoteWriteSection.read(root, REMOTE_WRITE, faults)));
  }

  private static byte[] contentOf(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw ConfigException.inFile(file, "configuration is larger than " + MAX_BYTES + " bytes");
      }
      return content;
    } catch (IOException e) {
      throw ConfigException.inFile(file, "cannot read the configuration, " + FileFailure.reason(e));
    }
  }
}
