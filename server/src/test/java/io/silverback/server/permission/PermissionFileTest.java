package io.silverback.server.permission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.web.PasswordHash;
import io.silverback.server.web.WebConfig;
import io.silverback.server.web.WebConfigReader;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PermissionFileTest {
  private static final String WHOLE =
      """
      anyone: [probes]
      clients:
        - name: team
          users: [alice]
          token_files: [team.token]
          rights: [push]
          groups: ['{job=~"team-.*"}']
      """;

  @TempDir private Path folder;
  private Path file = Path.of("permissions.yml");
  private final AtomicLong clock = new AtomicLong();

  @BeforeEach
  void place() throws IOException {
    file = folder.resolve("permissions.yml");
    Files.writeString(folder.resolve("team.token"), "secret\n");
  }

  private static Optional<WebConfig> web() {
    WebConfig empty = WebConfigReader.read(Path.of("web.yml"), new byte[0]);
    return Optional.of(
        new WebConfig(
            empty.tls(), empty.http(), Map.of("alice", new PasswordHash("", 1)), empty.rate()));
  }

  private PermissionFile open(String content) throws IOException {
    Files.writeString(file, content);
    return PermissionFile.open(file, web(), clock::get);
  }

  private String faults(String content) throws IOException {
    Files.writeString(file, content);
    return String.join("\n", PermissionFile.faults(file, web()))
        .replace(folder.toString(), "D")
        .concat("\n");
  }

  private static Caller ofToken(PermissionFile permissions, String token) {
    return permissions.callerOf("", "Bearer " + token, Optional::empty).orElse(Caller.NOBODY);
  }

  private static Caller ofUser(PermissionFile permissions, String user) {
    return permissions.callerOf(user, "Basic x", Optional::empty).orElseThrow();
  }

  private static GroupingKey job(String name) {
    return new GroupingKey(Labels.of(Map.of("job", name)));
  }

  @Test
  void eachFaultNamesItsFileLineAndKey() throws IOException {
    assertEquals("\n", faults(WHOLE));
    assertEquals(
        """
        unknown key: file=D/permissions.yml line=1 key=any
        expected push, read, admin, metrics, probes but got "write": file=D/permissions.yml line=2 key=anyone
        needs one of users, certificate_sans, certificate_common_names, token_files: file=D/permissions.yml line=4 key=clients[0]
        needs rights: file=D/permissions.yml line=4 key=clients[0]
        1:5: parse error: unexpected "~", expected label matching operator, in "{job~"x"}": file=D/permissions.yml line=8 key=clients[1].groups
        no such user in basic_auth_users of --web.config.file "bob": file=D/permissions.yml line=6 key=clients[1].users
        unknown key: file=D/permissions.yml line=10 key=clients[2].group
        is there twice: "team": file=D/permissions.yml line=9 key=clients[2].name
        needs a selector; leave the key out for all groups: file=D/permissions.yml line=13 key=clients[2].groups
        counts only if --web.config.file has certificates verified, set client_auth_type to VerifyClientCertIfGiven or RequireAndVerifyClientCert: file=D/permissions.yml line=11 key=clients[2].certificate_sans
        needs a name: file=D/permissions.yml line=14 key=clients[3]
        expected a list: file=D/permissions.yml line=14 key=clients[3].rights
        """,
        faults(
            """
                any: []
                anyone: [probes, write]
                clients:
                  - name: nobody
                  - name: team
                    users: [bob]
                    rights: [push]
                    groups: ['{job~"x"}']
                  - name: team
                    group: x
                    certificate_sans: [h]
                    rights: []
                    groups: []
                  - {rights: push, token_files: [team.token]}
                """));
    assertThrows(ConfigException.class, () -> open("anyone: [x]"));
  }

  @Test
  void aFileCutAnywhereIsReadOrRefusedAndNeverThrowsAnythingElse() throws IOException {
    Files.writeString(file, WHOLE);
    for (int length = 0; length < WHOLE.length(); length++) {
      byte[] cut = WHOLE.substring(0, length).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      PermissionReader.Result read = PermissionReader.read(file, cut, Optional.empty());
      for (Client client : read.table().clients()) {
        boolean isLimited = !client.caller().reach().isAll();
        boolean saysGroups = WHOLE.substring(0, length).contains("groups:");
        assertTrue(isLimited || !saysGroups || !read.faults().isEmpty(), "length=" + length);
      }
    }
  }

  @Test
  void expressionsThatExplodeElsewhereAreMatchedInNoTimeOrRefused() throws IOException {
    PermissionFile permissions = open(WHOLE.replace("team-.*", "(a|aa|a?)*(a*)*(.*a){10}b"));
    assertFalse(ofUser(permissions, "alice").reach().includes(job("a".repeat(5_000))));
    String refused = faults(WHOLE.replace("team-.*", "((a{100}){100}){100}"));
    assertTrue(refused.startsWith("1:2: parse error: regular expressions are too large"), refused);
    var many = new StringBuilder("clients:\n");
    for (int i = 0; i < 500; i++) {
      many.append(
          "  - {name: n%d, token_files: [f%d], rights: [], groups: ['{job=~\"(a|b|c|d|e|f|g|h)*%d\"}']}\n"
              .formatted(i, i, i));
    }
    assertTrue(faults(many.toString()).contains("regular expressions are too large"));
  }

  @Test
  void aHugeFileIsRefused() throws IOException {
    assertEquals(
        "permissions is larger than 1048576 bytes: file=D/permissions.yml\n",
        faults("#".repeat((1 << 20) + 1)));
    assertEquals(
        "more than 1000 clients: file=D/permissions.yml line=1 key=clients\n",
        faults("clients: [" + "{},".repeat(1001) + "]"));
  }

  @Test
  void theNewFileCountsOnceItIsSoundAndTheOldOneUntilThen() throws IOException {
    PermissionFile permissions = open(WHOLE);
    assertEquals(Set.of(Right.PUSH, Right.PROBES), ofUser(permissions, "alice").rights());
    for (String broken :
        List.of("clients: [{", "x: 1", "anyone: push", "clients:\n  - name: team\n")) {
      Files.writeString(file, broken);
      assertEquals(Set.of(Right.PUSH, Right.PROBES), ofUser(permissions, "alice").rights());
      assertFalse(permissions.isSound(), broken);
    }
    Files.delete(file);
    assertEquals("team", ofToken(permissions, "secret").name());
    assertFalse(permissions.isSound());
    Files.writeString(file, WHOLE.replace("[push]", "[read]").replace("probes", "metrics"));
    assertEquals(Set.of(Right.READ, Right.METRICS), ofUser(permissions, "alice").rights());
    assertTrue(permissions.isSound());
    // The users of the other file may come a moment later.
    Files.writeString(file, WHOLE.replace("alice", "bob"));
    assertEquals(Set.of(Right.PUSH, Right.PROBES), ofUser(permissions, "bob").rights());
    assertEquals(Set.of(Right.PROBES), ofUser(permissions, "alice").rights());
  }

  @Test
  void aTokenIsOneLineOfItsFileAndFollowsIt() throws IOException {
    PermissionFile permissions = open(WHOLE);
    assertEquals("team", ofToken(permissions, "secret").name());
    Files.writeString(folder.resolve("team.token"), "  renewed \r\n\n");
    // Files are not looked at for each request.
    assertEquals("team", ofToken(permissions, "secret").name());
    clock.addAndGet(Tokens.LOOK_NANOS);
    assertEquals("team", ofToken(permissions, "renewed").name());
    assertEquals(Caller.NOBODY, ofToken(permissions, "secret"));
    for (String none :
        List.of(
            "",
            "\n",
            "two\nlines",
            "two words",
            "r\u00e9sum\u00e9",
            "x".repeat(4097),
            "y".repeat(2 << 20))) {
      Files.writeString(folder.resolve("team.token"), none);
      clock.addAndGet(Tokens.LOOK_NANOS);
      for (String token : List.of(none, none.strip(), "renewed", "two", "lines", "")) {
        assertEquals(Caller.NOBODY, ofToken(permissions, token), "file of length=" + none.length());
      }
      assertEquals(1, PermissionFile.faults(file, web()).size());
    }
    Files.writeString(folder.resolve("team.token"), "x".repeat(4096));
    clock.addAndGet(Tokens.LOOK_NANOS);
    assertEquals("team", ofToken(permissions, "x".repeat(4096)).name());
    Files.delete(folder.resolve("team.token"));
    clock.addAndGet(Tokens.LOOK_NANOS);
    assertEquals(Caller.NOBODY, ofToken(permissions, "x".repeat(4096)));
    assertTrue(permissions.isSound());
    String fault = assertThrows(ConfigException.class, () -> open(WHOLE)).getMessage();
    assertEquals(
        "cannot read token_files, no such file: file=" + folder.resolve("team.token"), fault);
  }

  @Test
  void ofTwoClientsWithOneTokenTheFirstCounts() throws IOException {
    Files.writeString(folder.resolve("same"), "secret");
    PermissionFile permissions =
        open(WHOLE + "  - {name: second, token_files: [same], rights: [admin]}\n");
    assertEquals("team", ofToken(permissions, "secret").name());
  }

  @Test
  void aSchemeThatNobodyKnowsIsNoWayIn() throws IOException {
    PermissionFile permissions = open(WHOLE);
    assertEquals(Optional.empty(), permissions.callerOf("", "Digest secret", Optional::empty));
    assertEquals(Optional.empty(), permissions.callerOf("", "Basic x", Optional::empty));
    assertEquals(
        Set.of(Right.PROBES), permissions.callerOf("", "", Optional::empty).orElseThrow().rights());
  }
}
