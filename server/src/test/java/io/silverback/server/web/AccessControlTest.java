package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessControlTest {
  private static final String HASH = "$2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C";
  private static final InetAddress CLIENT = InetAddress.getLoopbackAddress();
  private static final String ALICE =
      "Basic " + Base64.getEncoder().encodeToString("alice:s3cret-pw".getBytes(UTF_8));

  @TempDir private Path folder;
  private Path path = Path.of("web.yml");
  private final AtomicLong clock = new AtomicLong();

  @BeforeEach
  void place() {
    path = folder.resolve("web.yml");
  }

  private AccessControl open(String yaml) throws IOException {
    Files.writeString(path, yaml);
    return new AccessControl(
        WebConfigFile.open(path),
        AccessControl.Unnamed.REFUSED,
        new BasicAuth(Duration.ofSeconds(5)),
        clock::get);
  }

  private static Admission.Refused refused(int status, String body, Map<String, String> more) {
    var headers = new HashMap<>(more);
    headers.put("Content-Type", "text/plain; charset=utf-8");
    headers.put("X-Content-Type-Options", "nosniff");
    return new Admission.Refused(status, headers, body);
  }

  @Test
  void anEmptyFileLetsEverybodyIn() throws Exception {
    assertEquals(new Admission.Admitted(Map.of(), ""), open("").admit("", CLIENT));
  }

  @Test
  void withUsersEveryRequestNeedsCredentials() throws Exception {
    AccessControl control =
        open(
            """
            http_server_config:
              headers:
                X-Frame-Options: deny
            basic_auth_users:
              alice: %s
            """
                .formatted(HASH));
    assertEquals(
        new Admission.Admitted(Map.of("X-Frame-Options", "deny"), "alice"),
        control.admit(ALICE, CLIENT));
    assertEquals(
        refused(
            401, "Unauthorized\n", Map.of("WWW-Authenticate", "Basic", "X-Frame-Options", "deny")),
        control.admit("", CLIENT));
  }

  @Test
  void theRateLimitComesBeforeTheUsers() throws Exception {
    AccessControl control =
        open("rate_limit: {interval: 1h, burst: 1}\nbasic_auth_users: {alice: %s}".formatted(HASH));
    assertEquals(401, ((Admission.Refused) control.admit("", CLIENT)).status());
    assertEquals(refused(429, "Too Many Requests\n", Map.of()), control.admit(ALICE, CLIENT));
    clock.addAndGet(Duration.ofHours(1).toNanos());
    assertEquals(new Admission.Admitted(Map.of(), "alice"), control.admit(ALICE, CLIENT));
  }

  @Test
  void whatTheLimiterHasCountedOutlivesAChangeOfOtherSettings() throws Exception {
    AccessControl control = open("rate_limit: {interval: 1h, burst: 1}\n");
    control.admit("", CLIENT);
    Files.writeString(path, "rate_limit: {interval: 60m, burst: 1}\nhttp_server_config: {}\n");
    assertEquals(refused(429, "Too Many Requests\n", Map.of()), control.admit("", CLIENT));
    Files.writeString(path, "rate_limit: {interval: 60m, burst: 2}\n");
    assertEquals(new Admission.Admitted(Map.of(), ""), control.admit("", CLIENT));
  }

  @Test
  void aChangeIsSeenByTheNextRequestEvenIfTheFileLooksTheSame() throws Exception {
    AccessControl control = open("http_server_config: {headers: {X-XSS-Protection: 0}}\n");
    FileTime written = Files.getLastModifiedTime(path);
    for (int i = 1; i < 10; i++) {
      Files.writeString(path, "http_server_config: {headers: {X-XSS-Protection: " + i + "}}\n");
      Files.setLastModifiedTime(path, written);
      assertEquals(Map.of("X-XSS-Protection", "" + i), control.admit("", CLIENT).headers());
    }
  }

  @Test
  void aFileAtRestIsNotReadAgain() throws Exception {
    Files.writeString(path, "");
    Files.setLastModifiedTime(path, FileTime.fromMillis(System.currentTimeMillis() - 60_000));
    var file = new WatchedFile(path, "file");
    byte[] before = file.current();
    assertSame(before, file.current());
    Files.writeString(path, "# new\n");
    assertEquals("# new\n", new String(file.current(), UTF_8));
  }

  @Test
  void aFileThatIsReplacedIsReadAgainThoughItsTimeAndSizeAreTheSame() throws Exception {
    FileTime old = FileTime.fromMillis(System.currentTimeMillis() - 60_000);
    Files.writeString(path, "a");
    Files.setLastModifiedTime(path, old);
    var file = new WatchedFile(path, "file");
    file.current();
    Path next = folder.resolve("next");
    Files.writeString(next, "b");
    Files.setLastModifiedTime(next, old);
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    assertEquals("b", new String(file.current(), UTF_8));
  }

  @Test
  void aFileThatBecameInvalidRefusesEverybodyUntilItIsMended() throws Exception {
    AccessControl control = open("");
    Admission.Refused broken = refused(500, "Internal Server Error\n", Map.of());
    Files.writeString(path, "unknown: 1\n");
    assertEquals(broken, control.admit("", CLIENT));
    assertEquals(broken, control.admit("", CLIENT));
    Files.delete(path);
    assertEquals(broken, control.admit("", CLIENT));
    Files.writeString(path, "");
    assertEquals(new Admission.Admitted(Map.of(), ""), control.admit("", CLIENT));
  }

  @Test
  void aHashThatBecameMalformedShutsOutItsUserOnly() throws Exception {
    AccessControl control = open("");
    Files.writeString(path, "basic_auth_users:\n  alice: %s\n  bob: oops\n".formatted(HASH));
    assertEquals(new Admission.Admitted(Map.of(), "alice"), control.admit(ALICE, CLIENT));
  }

  @Test
  void anOverloadSaysToComeBack() throws Exception {
    Files.writeString(path, "basic_auth_users:\n  alice: %s\n".formatted(HASH));
    var started = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    var auth =
        new BasicAuth(
            (_, _) -> {
              started.countDown();
              try {
                return finish.await(10, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted in a test", e);
              }
            },
            new PasswordQueue.Bounds(1, 0, 0, Duration.ZERO),
            clock::get);
    var control =
        new AccessControl(
            WebConfigFile.open(path), AccessControl.Unnamed.REFUSED, auth, clock::get);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var slow = threads.submit(() -> control.admit(ALICE, CLIENT));
      assertTrue(started.await(10, TimeUnit.SECONDS));
      assertEquals(
          refused(
              503,
              "Too many passwords are being checked, try again later\n",
              Map.of("Retry-After", "1")),
          control.admit("Basic YWxpY2U6b3RoZXI=", CLIENT));
      finish.countDown();
      assertEquals(new Admission.Admitted(Map.of(), "alice"), slow.get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void theStartIsRefusedWithAClearMessage() throws Exception {
    assertEquals("cannot read web configuration, no such file: file=" + path, startFault());
    Files.writeString(path, "basic_auth_users:\n  bob: doe\n");
    assertEquals(
        "not a bcrypt hash: file=" + path + " line=2 key=basic_auth_users.bob", startFault());
    Files.writeString(path, "tls_server_config: {cert_file: none.pem, key_file: none.key}\n");
    assertEquals(
        "cannot read cert_file, no such file: file=" + folder.resolve("none.pem"), startFault());
    Files.write(path, new byte[WatchedFile.MAX_BYTES + 1]);
    assertEquals("web configuration is larger than 1048576 bytes: file=" + path, startFault());
  }

  private String startFault() {
    var fault = assertThrows(ConfigException.class, () -> WebConfigFile.open(path));
    return fault.getMessage();
  }
}
