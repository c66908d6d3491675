package io.silverback.cluster.peer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PeerSecretsTest {
  @TempDir Path folder;

  @Test
  void blankLinesAndRemarksAreNoSecrets() throws Exception {
    Path file = write("# the newest first", "", "  0123456789abcdef  ", "\t", "fedcba9876543210");
    List<Secret> secrets = PeerSecrets.ofFile(file).current();
    assertEquals(2, secrets.size());
    byte[] first = "0123456789abcdef".getBytes(StandardCharsets.UTF_8);
    assertTrue(secrets.getFirst().isSame(new Secret(first)));
  }

  @Test
  void unusableFilesAreRefusedWithTheirReason() throws Exception {
    assertEquals(
        "a secret of the cluster must have at least 16 bytes: file="
            + folder.resolve("secrets")
            + " line=2 length=15",
        messageOf(write("# short", "0123456789abcde")));
    assertTrue(messageOf(write("# none")).startsWith("the secret file has no secret in it"));
    assertTrue(messageOf(folder.resolve("missing")).contains("no such file"));
    assertTrue(messageOf(write("x".repeat(70_000))).contains("larger than"));
  }

  @Test
  void fileThatTurnsUnusableLeavesTheSecrets() throws Exception {
    PeerSecrets secrets = PeerSecrets.ofFile(write("0123456789abcdef"));
    Secret before = secrets.current().getFirst();
    write("short");
    Nodes.pause(1_100);
    assertTrue(secrets.has(before));
    write("fedcba9876543210");
    Nodes.await("the next one is taken", () -> !secrets.has(before));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:9094", "127.9.9.9:0", "[::1]:9094", "localhost:9094"})
  void loopbackNeedsNoSecret(String address) {
    assertDoesNotThrow(() -> PeerSecrets.requireSecret(address, "127.0.0.1:9094"));
  }

  @ParameterizedTest
  @ValueSource(strings = {":9094", "0.0.0.0:9094", "10.0.0.1:9094", "[::]:9094", "[fe80::1]:9"})
  void anyOtherAddressNeedsASecret(String address) {
    for (List<String> pair :
        List.of(List.of(address, "127.0.0.1:1"), List.of("127.0.0.1:1", address))) {
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> PeerSecrets.requireSecret(pair.getFirst(), pair.getLast()));
      assertEquals(
          "a cluster beyond one machine needs a secret, give each node the same"
              + " --cluster.secret-file: address="
              + address,
          refused.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80"})
  void addressesThatAreNoneAreRefused(String address) {
    assertThrows(IllegalArgumentException.class, () -> HostPort.parse(address));
  }

  @ParameterizedTest
  @ValueSource(strings = {"host:1", ":65535", "[::1]:80", "10.0.0.1:0"})
  void addressesReadAsTheyWereWritten(String address) {
    assertEquals(address, HostPort.parse(address).toString());
  }

  private static String messageOf(Path file) {
    var refused = assertThrows(IllegalArgumentException.class, () -> PeerSecrets.ofFile(file));
    return String.valueOf(refused.getMessage());
  }

  private Path write(String... lines) throws IOException {
    return Files.write(folder.resolve("secrets"), List.of(lines));
  }
}
