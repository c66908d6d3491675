package io.silverback.cluster.peer;

import static java.util.Map.entry;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of a cluster, of which the first seals and each opens. Those of a file are read again
 * while the process runs, so that they can be changed on one node after the other. Thread-safe.
 */
public final class PeerSecrets {
  private static final Logger logger = System.getLogger(PeerSecrets.class.getName());
  private static final long NANOS_BETWEEN_READS = TimeUnit.SECONDS.toNanos(1);
  private static final int SHORTEST_BYTES = 16;
  private static final int LARGEST_FILE = 64 << 10;

  /** Known to everybody, so it guards nothing; good among processes of one machine. */
  private static final String NO_SECRET = "silverback without a secret";

  private final @Nullable Path file;
  private List<Secret> secrets;
  private long readNanos = System.nanoTime();
  private String lastFailure = "";

  private PeerSecrets(@Nullable Path file, List<Secret> secrets) {
    this.file = file;
    this.secrets = secrets;
  }

  /**
   * The secrets of a file: one a line, without the blanks around it; empty lines and those that
   * begin with {@code #} are comments. A file that turns unusable later is logged, and the secrets
   * stay as they were.
   *
   * @throws IllegalArgumentException if the file cannot be read, has no secret, or a short one
   */
  public static PeerSecrets ofFile(Path file) {
    return new PeerSecrets(file, read(file));
  }

  /** In place of a secret, where {@link #requireSecret} does not ask for one. */
  public static PeerSecrets none() {
    return new PeerSecrets(
        null, List.of(new Secret(NO_SECRET.getBytes(StandardCharsets.US_ASCII))));
  }

  /**
   * Checks that nodes without a secret can be reached from their own machine alone.
   *
   * @throws IllegalArgumentException if one of the addresses, {@code host:port}, is not of the
   *     loopback interface
   */
  public static void requireSecret(String listenAddress, String advertiseAddress) {
    for (String address : List.of(listenAddress, advertiseAddress)) {
      if (!isLoopback(HostPort.parse(address).host())) {
        throw new IllegalArgumentException(
            "a cluster beyond one machine needs a secret, give each node the same"
                + " --cluster.secret-file: address="
                + address);
      }
    }
  }

  /** Those that count now, at least one. */
  synchronized List<Secret> current() {
    Path path = file;
    if (path != null && System.nanoTime() - readNanos >= NANOS_BETWEEN_READS) {
      readNanos = System.nanoTime();
      readAgain(path);
    }
    return secrets;
  }

  boolean has(Secret secret) {
    return current().stream().anyMatch(secret::isSame);
  }

  private void readAgain(Path path) {
    try {
      List<Secret> read = read(path);
      boolean isSame = read.size() == secrets.size();
      for (int i = 0; isSame && i < read.size(); i++) {
        isSame = read.get(i).isSame(secrets.get(i));
      }
      if (!isSame) {
        secrets = read;
        logger.log(
            Level.INFO, "took changed secrets", entry("file", path), entry("count", read.size()));
      }
      lastFailure = "";
    } catch (IllegalArgumentException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        logger.log(
            Level.ERROR,
            "the secrets cannot be read, the earlier ones stay",
            entry("reason", failure));
      }
      lastFailure = failure;
    }
  }

  private static List<Secret> read(Path file) {
    var secrets = new ArrayList<Secret>();
    int number = 0;
    for (String line : text(file).lines().toList()) {
      number++;
      String secret = line.strip();
      if (secret.isEmpty() || secret.startsWith("#")) {
        continue;
      }
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      if (bytes.length < SHORTEST_BYTES) {
        throw new IllegalArgumentException(
            "a secret of the cluster must have at least "
                + SHORTEST_BYTES
                + " bytes: file="
                + file
                + " line="
                + number
                + " length="
                + bytes.length);
      }
      secrets.add(new Secret(bytes));
    }
    if (secrets.isEmpty()) {
      throw new IllegalArgumentException("the secret file has no secret in it: file=" + file);
    }
    return List.copyOf(secrets);
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
      if (bytes.length > LARGEST_FILE) {
        throw new IllegalArgumentException(
            "the secret file is larger than " + LARGEST_FILE + " bytes: file=" + file);
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      String reason =
          switch (e) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "permission denied";
            default -> String.valueOf(e.getMessage());
          };
      throw new IllegalArgumentException(
          "cannot read the secret file, " + reason + ": file=" + file, e);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return !host.isEmpty() && InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }
}
