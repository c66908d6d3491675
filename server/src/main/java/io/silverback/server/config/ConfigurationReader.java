package io.silverback.server.config;

import io.silverback.server.group.RewriteRules;
import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.YamlDocument;
import io.silverback.server.yaml.YamlSection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Reads the file behind {@code --config.file}, and finds all that is wrong with it. */
public final class ConfigurationReader {
  private static final int MAX_BYTES = 1 << 20;

  private static final String FLAGS = "flags";
  private static final String STALENESS = "staleness";

  private static final String REWRITE = "rewrite";

  private static final Set<String> KEYS = Set.of(FLAGS, STALENESS, REWRITE);

  private ConfigurationReader() {}

  /**
   * Reads a file.
   *
   * @throws MalformedConfigurationException if it cannot be read, is no YAML, or has an unknown key
   *     or a bad value
   */
  public static Configuration read(Path file) {
    var faults = new Faults();
    Configuration read =
        faults.attempt(Configuration.EMPTY, () -> read(file, contentOf(file), faults));
    if (!faults.isEmpty()) {
      throw new MalformedConfigurationException(faults.messages());
    }
    return read;
  }

  private static Configuration read(Path file, byte[] content, Faults faults) {
    YamlSection root = YamlSection.root(file, YamlDocument.read(file, content));
    for (String key : root.keys()) {
      if (!KEYS.contains(key)) {
        faults.add(root.fault(key, "unknown key"));
      }
    }
    return new Configuration(
        FlagsSection.read(root, FLAGS, faults),
        faults.attempt(List.of(), () -> StalenessSection.read(root, STALENESS, faults)),
        faults.attempt(RewriteRules.NONE, () -> RewriteSection.read(root, REWRITE, faults)));
  }

  private static byte[] contentOf(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw ConfigException.inFile(file, "configuration is larger than " + MAX_BYTES + " bytes");
      }
      return content;
    } catch (NoSuchFileException _) {
      throw ConfigException.inFile(file, "cannot read the configuration, no such file");
    } catch (IOException e) {
      throw ConfigException.inFile(file, "cannot read the configuration, " + e.getMessage());
    }
  }
}
