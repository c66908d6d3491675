package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code silverback check-config} says of files that a server would not start with. */
final class CheckConfigTest {
  @TempDir private Path folder;

  @Test
  void aFileWithoutFaultsIsOk() throws IOException {
    write("flags: {staleness.ttl: 5m}\nstaleness: [{preset: flink, missed_pushes: 3}]\n");

    assertEquals(
        "0\nok: staleness rules=1 flags=1 rewrite rules=0 remote write targets=0\n", checked());
  }

  @Test
  void faultsOfTheFileAndOfItsFlagsAreSaidTogether() throws IOException {
    write("flags:\n  log.level: loud\n  log.formt: json\nx: 1\nstaleness: [{}]\n");

    assertEquals(
        """
        1
        unknown key: file=F line=4 key=x
        needs ttl, missed_pushes or never_expire: file=F line=5 key=staleness[0]
        --log.level must be one of debug, info, warn, error: log.level=loud: file=F line=2 key=flags.log.level
        unknown flag, try --help; did you mean log.format?: file=F line=3 key=flags.log.formt
        """,
        checked());
  }

  @Test
  void aRuleIsReadToItsEnd() throws IOException {
    write(
        """
        staleness:
          - match: '{job='
            ttl: soon
            missed_pushes: 1
            purge: 1h
            keep_push_time: perhaps
            purge_after: never
          - {never_expire: true, ttl: 1m, purge_after: 1m}
        rewrite:
          - {lable: job, regx: x}
        """);

    assertEquals(
        List.of(5, 2, 3, 4, 6, 7, 8, 8, 10, 10),
        checked()
            .lines()
            .skip(1)
            .map(line -> Integer.valueOf(line.replaceAll(".* line=([0-9]+) .*", "$1")))
            .toList());
  }

  @Test
  void rulesBetweenFlagsAreLookedAt() throws IOException {
    write(
        """
        flags:
          web.listen-address: ["127.0.0.1:9091", ":9094"]
          cluster.listen-address: 127.0.0.1:9094
          cluster.join: dns+b:1
          cluster.lease: 1s
          cluster.node-id: a
          cluster.secret-file: FOLDER/none
        """
            .replace("FOLDER", folder.toString()));

    assertEquals(
        """
        1
        --cluster.secret-file: cannot read the secret file, no such file: file=D/none: file=F line=7 key=flags.cluster.secret-file
        --cluster.bootstrap-expect is needed with a name that resolves to any number of servers: cluster.join=dns+b:1
        --cluster.lease must be three times --cluster.renewal or more: cluster.lease=1s cluster.renewal=400ms: file=F line=5 key=flags.cluster.lease
        --web.listen-address and --cluster.listen-address must not take the same port twice: port=9094: file=F line=2 key=flags.web.listen-address
        """,
        checked());
  }

  @Test
  void flagsBesideTheFileAndTheEnvironmentCount() throws IOException {
    write("flags: {cluster.node-id: a}\n");
    String listen = "127.0.0.1:9094";

    assertTrue(checked().startsWith("1\n--cluster.node-id means nothing on a single node"));
    assertTrue(checked("--cluster.listen-address=" + listen).startsWith("0\nok: "));
    assertTrue(
        checkedIn(Map.of("SILVERBACK_CLUSTER_LISTEN_ADDRESS", listen)).startsWith("0\nok: "));
    assertEquals(
        "1\nunknown long flag '--log.levl', try --help; did you mean --log.level?\n",
        checked("--log.levl=x"));
    assertEquals(
        "1\n--log.level must be one of debug, info, warn, error: log.level=x\n",
        checked("--cluster.listen-address=" + listen, "--log.level=x"));
  }

  @Test
  void allFaultsOfTheWebConfigurationAreSaid() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), "no certificate");
    Path web =
        Files.writeString(
            folder.resolve("web.yml"),
            """
            tls_server_config:
              cert_file: cert.pem
              key_file: key.pem
              client_ca_file: ca.pem
              client_auth_type: RequireAndVerifyClientCert
            basic_auth_users:
              ada: secret
              bob: secret
            """);
    write("flags: {web.config.file: " + web + "}\n");

    assertEquals(
        """
        --web.config.file: cannot read client_ca_file, no such file: file=D/ca.pem
        --web.config.file: cannot read key_file, no such file: file=D/key.pem
        --web.config.file: not a bcrypt hash: file=D/web.yml line=7 key=basic_auth_users.ada
        --web.config.file: not a bcrypt hash: file=D/web.yml line=8 key=basic_auth_users.bob
        1
        """,
        sorted(checked()));

    Files.writeString(web, "x: 1\nrate_limit: {burst: -1}\nhttp_server_config: {y: 2}\n");
    assertEquals(
        """
        --web.config.file: must not be negative: file=D/web.yml line=2 key=rate_limit.burst
        --web.config.file: unknown key: file=D/web.yml line=1 key=x
        --web.config.file: unknown key: file=D/web.yml line=3 key=http_server_config.y
        1
        """,
        sorted(checked()));
  }

  @Test
  void allFaultsOfThePermissionsAreSaidAlsoWhereTheWebConfigurationIsAtFault() throws IOException {
    Path web = Files.writeString(folder.resolve("web.yml"), "basic_auth_users: {ada: x}\n");
    Path permissions =
        Files.writeString(
            folder.resolve("permissions.yml"),
            """
            anyone: [all]
            clients:
              - {name: a, users: [bob], rights: [push], groups: ['{job=~"("}']}
              - {name: b, token_files: [b.token], rights: []}
            """);
    write("flags: {web.config.file: %s, web.permissions.file: %s}\n".formatted(web, permissions));
    String ofPermissions =
        """
        --web.permissions.file: 1:2: parse error: error parsing regexp: missing closing ): `(`, in "{job=~"("}": file=D/permissions.yml line=3 key=clients[0].groups
        --web.permissions.file: cannot read token_files, no such file: file=D/b.token
        --web.permissions.file: expected push, read, admin, metrics, probes but got "all": file=D/permissions.yml line=1 key=anyone
        """;

    assertEquals(
        "--web.config.file: not a bcrypt hash: file=D/web.yml line=1 key=basic_auth_users.ada\n"
            + ofPermissions
            + "1\n",
        sorted(checked()));

    Files.writeString(web, "");
    assertEquals(
        ofPermissions
            + "--web.permissions.file: no such user in basic_auth_users of --web.config.file"
            + " \"bob\": file=D/permissions.yml line=3 key=clients[0].users\n"
            + "1\n",
        sorted(checked()));
  }

  @Test
  void aCertificateThatIsNoneIsSaid() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), "no certificate");
    Path web =
        Files.writeString(
            folder.resolve("web.yml"),
            "tls_server_config: {cert_file: cert.pem, key_file: cert.pem}\n");
    write("flags: {web.config.file: " + web + "}\n");

    assertEquals(
        "1\n--web.config.file: no PEM certificate in cert or cert_file: file=D/web.yml\n",
        checked());
  }

  @Test
  void aFolderThatCannotBeMadeIsSaidAndNothingIsWritten() throws IOException {
    Path inTheWay = Files.writeString(folder.resolve("file"), "");
    write("flags: {persistence.file: " + inTheWay.resolve("store") + "}\n");
    assertEquals(
        "1\n--persistence.file: cannot use the folder of the store: folder=D/file/store"
            + " reason=D/file is no folder: file=F line=1 key=flags.persistence.file\n",
        checked());

    write("flags: {persistence.file: " + folder.resolve("new/store") + "}\n");
    assertTrue(checked().startsWith("0\n"), this::checked);
    assertTrue(Files.notExists(folder.resolve("new")));
  }

  @Test
  void aStoreOfANewerVersionIsSaid() throws IOException {
    Files.createDirectories(folder.resolve("store/v7-00000003-1122334455667788"));
    write("flags: {persistence.file: " + folder.resolve("store") + "}\n");

    assertTrue(
        checked().startsWith("1\n--persistence.file: the store was written by a newer version"),
        this::checked);
  }

  @Test
  void aTabIsToldInItsOwnLine() throws IOException {
    write("staleness:\n  - ttl: 1m\n\n\tmissed_pushes: 3\n");

    assertTrue(checked().contains("line=4 key=document"), this::checked);
  }

  @Test
  void afterATabLinesAreCountedRight() throws IOException {
    write("# one\t\nstaleness: # two\t\n  - ttl: 1m # three\t\n  - ttl: \"so\ton\"\n");

    assertTrue(checked().contains("line=4 key=staleness[1].ttl"), this::checked);
  }

  @Test
  void usageIsGiven() {
    var text = new ByteArrayOutputStream();
    var out = new PrintStream(text, true, StandardCharsets.UTF_8);

    assertEquals(1, CheckConfig.run(List.of("check-config"), Map.of(), out, out));
    assertEquals(0, CheckConfig.run(List.of("check-config", "--help"), Map.of(), out, out));
    assertTrue(text.toString(StandardCharsets.UTF_8).startsWith("usage: silverback check-config"));
  }

  @ParameterizedTest
  @CsvSource({"'', 80", "60, 60", "132, 132"})
  void usageFitsTheTerminal(String columns, int most) {
    var text = new ByteArrayOutputStream();
    var out = new PrintStream(text, true, StandardCharsets.UTF_8);

    CheckConfig.run(List.of("check-config", "--help"), Map.of("COLUMNS", columns), out, out);

    text.toString(StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> assertTrue(line.length() <= most, line));
  }

  private String checked(String... flags) {
    return checkedIn(Map.of(), flags);
  }

  private String checkedIn(Map<String, String> environment, String... flags) {
    var arguments = new ArrayList<String>(List.of("check-config", file().toString()));
    arguments.addAll(List.of(flags));
    var text = new ByteArrayOutputStream();
    var out = new PrintStream(text, true, StandardCharsets.UTF_8);
    int code = CheckConfig.run(arguments, environment, out, out);
    return (code + "\n" + text.toString(StandardCharsets.UTF_8))
        .replace(file().toString(), "F")
        .replace(folder.toString(), "D");
  }

  private static String sorted(String lines) {
    return String.join("\n", lines.lines().sorted().toList()) + "\n";
  }

  private void write(String text) throws IOException {
    Files.writeString(file(), text);
  }

  private Path file() {
    return folder.resolve("silverback.yml");
  }
}
