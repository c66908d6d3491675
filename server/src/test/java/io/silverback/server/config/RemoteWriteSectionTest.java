package io.silverback.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.server.remotewrite.RemoteWriteConfig;
import io.silverback.server.remotewrite.RemoteWriteConfig.Credentials;
import io.silverback.server.remotewrite.RemoteWriteConfig.IdentityFiles;
import io.silverback.server.remotewrite.RemoteWriteConfig.Metadata;
import io.silverback.server.remotewrite.RemoteWriteConfig.Queue;
import io.silverback.server.remotewrite.RemoteWriteConfig.Tls;
import io.silverback.server.remotewrite.Secret;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RemoteWriteSectionTest {
  @TempDir private Path folder;

  @Test
  void whatIsNotSaidIsAsPrometheusHasIt() throws IOException {
    RemoteWriteConfig target =
        read("remote_write: [{url: 'http://h:9090/api/v1/write'}]").getFirst();

    assertEquals(Duration.ofSeconds(30), target.timeout());
    assertEquals(new Credentials.None(), target.credentials());
    assertEquals(Tls.USUAL, target.tls());
    assertEquals(WriteProtocol.V1, target.protocol());
    assertEquals(new Metadata(true, Duration.ofMinutes(1), 2000), target.metadata());
    assertEquals(
        new Queue(
            1,
            50,
            2000,
            Duration.ofSeconds(5),
            Duration.ofMillis(30),
            Duration.ofSeconds(5),
            true,
            Duration.ZERO),
        target.queue());
    assertFalse(target.name().isEmpty());
  }

  @Test
  void readsEachKey() throws IOException {
    RemoteWriteConfig target =
        read("""
        remote_write:
          - url: https://h/write?x=1
            name: long-term
            protobuf_message: io.prometheus.write.v2.Request
            remote_timeout: 7s
            headers: {X-Scope-OrgID: me}
            write_relabel_configs:
              - {source_labels: [a, b], separator: "-", regex: "x-(.*)", target_label: c, replacement: $1, action: Replace}
            basic_auth: {username: u, password_file: /p}
            tls_config: {ca_file: /ca, insecure_skip_verify: true, cert_file: /cert, key_file: /key, server_name: inner, min_version: TLS13}
            proxy_url: http://proxy:3128
            queue_config:
              capacity: 1
              min_shards: 2
              max_shards: 3
              max_samples_per_send: 4
              batch_send_deadline: 5s
              min_backoff: 6ms
              max_backoff: 7ms
              retry_on_http_429: false
              sample_age_limit: 8m
            metadata_config: {send: false, send_interval: 2m, max_samples_per_send: 9}
            follow_redirects: false
            enable_http2: true
            send_exemplars: false
            send_native_histograms: false
        """)
            .getFirst();

    assertEquals("long-term", target.name());
    assertEquals(Duration.ofSeconds(7), target.timeout());
    assertEquals(Map.of("X-Scope-OrgID", "me"), target.headers());
    assertEquals(1, target.relabeling().rules().size());
    assertEquals(
        new Credentials.Basic(Secret.of("u"), Secret.in(Path.of("/p"))), target.credentials());
    assertEquals(
        new Tls(
            Optional.of(Path.of("/ca")),
            true,
            Optional.of(new IdentityFiles(Path.of("/cert"), Path.of("/key"))),
            Optional.of("inner"),
            List.of("TLSv1.3")),
        target.tls());
    assertEquals(
        new Queue(
            2,
            3,
            4,
            Duration.ofSeconds(5),
            Duration.ofMillis(6),
            Duration.ofMillis(7),
            false,
            Duration.ofMinutes(8)),
        target.queue());
    assertEquals(Optional.of(InetSocketAddress.createUnresolved("proxy", 3128)), target.proxy());
    assertEquals(WriteProtocol.V2, target.protocol());
    assertEquals(new Metadata(false, Duration.ofMinutes(2), 9), target.metadata());
    assertEquals(
        List.of("enable_http2", "queue_config.capacity"),
        target.meaningless().stream().sorted().toList());
    assertFalse(
        read("remote_write: [{url: 'http://h', authorization: {credentials: secret}}]")
            .toString()
            .contains("secret]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "{} => needs url: file=F line=1 key=remote_write[0]",
        "{url: 'ftp://h'} => key=remote_write[0].url",
        "{url: 'http://u:p@h'} => must not hold a user",
        "{url: 'http://h', urls: x} => unknown key: file=F line=1 key=remote_write[0].urls",
        "{url: 'http://h', sigv4: {}} => known to Prometheus, but not done here",
        "{url: 'http://h', oauth2: {client_id: a}} => not done here",
        "{url: 'http://h', protobuf_message: io.prometheus.write.v3.Request} => expected"
            + " prometheus.WriteRequest or io.",
        "{url: 'http://h', send_exemplars: true} => exemplars are not sent",
        "{url: 'http://h', send_native_histograms: true} => native histograms are not sent",
        "{url: 'http://h', metadata_config: {send_interval: 0s}} =>"
            + " key=remote_write[0].metadata_config.send_interval",
        "{url: 'http://h', follow_redirects: true} => redirects are not followed",
        "{url: 'http://h', headers: {Host: a}} => key=remote_write[0].headers.Host",
        "{url: 'http://h', headers: {'a b': a}} => cannot be a header",
        "{url: 'http://h', remote_timeout: soon} => key=remote_write[0].remote_timeout",
        "{url: 'http://h', queue_config: {max_shards: 0}} => must be from 1 to",
        "{url: 'http://h', queue_config: {min_shards: 60}} => must not be above max_shards",
        "{url: 'http://h', queue_config: {min_backoff: 6s}} => must not be above max_backoff",
        "{url: 'http://h', queue_config: {shards: 6}} => unknown key",
        "{url: 'http://h', tls_config: {max_version: TLS13}} => known to Prometheus, but not done"
            + " here",
        "{url: 'http://h', tls_config: {cert_file: /x}} => needs both cert_file and key_file",
        "{url: 'http://h', tls_config: {min_version: TLS11}} => expected TLS12 or TLS13",
        "{url: 'http://h', proxy_url: 'socks5://p:1'} => expected a proxy such as http://host:3128",
        "{url: 'http://h', proxy_url: 'http://u:p@h'} => a proxy that wants a user is not done"
            + " here",
        "{url: 'http://h', no_proxy: h} => says nothing without proxy_url",
        "{url: 'http://h', proxy_url: 'http://p', proxy_from_environment: true} => says nothing"
            + " beside proxy_url",
        "{url: 'http://h', tls_config: {certs: /x}} => unknown key",
        "{url: 'http://h', basic_auth: {username: u}, bearer_token: x} => says nothing beside"
            + " basic_auth",
        "{url: 'http://h', authorization: {type: Basic, credentials: x}} => must not be Basic",
        "{url: 'http://h', write_relabel_configs: [{action: jump}]} => expected replace, keep",
        "{url: 'http://h', write_relabel_configs: [{action: replace}]} => needs target_label",
        "{url: 'http://h', write_relabel_configs: [{action: keep, regex: '('}]} =>"
            + " relabel_configs[0].regex",
        "{url: 'http://h', write_relabel_configs: [{action: hashmod, target_label: a}]} => modulus",
        "{url: 'http://h', write_relabel_configs: [{action: labeldrop, source_labels: [a]}]} =>"
            + " regex alone",
        "{url: 'http://h', write_relabel_configs: [{action: keep, actions: x}]} => unknown key"
      })
  void whatCannotBeDoneIsRefused(String target, String expected) throws IOException {
    String text = "remote_write: [" + target + "]\n";
    var e = assertThrows(MalformedConfigurationException.class, () -> read(text));
    String all = String.join("\n", e.problems()).replace(file().toString(), "F");
    assertTrue(all.contains(expected), all);
  }

  /** As programs in Go read {@code NO_PROXY}. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "http://a.example => '' => false",
        "http://a.example => * => true",
        "http://a.example => example => true",
        "http://example => EXAMPLE => true",
        "http://example => .example => false",
        "http://a.example => '.example' => true",
        "http://a.example => '*.example' => true",
        "http://anexample => example => false",
        "http://a.example => 'b, example:80' => true",
        "http://a.example => example:81 => false",
        "https://a.example => example:443 => true",
        "http://10.1.2.3 => 10.0.0.0/8 => true",
        "http://11.1.2.3 => 10.0.0.0/8 => false",
        "http://10.1.2.3:9090 => 10.1.2.3 => true",
        "http://10.1.2.3:9090 => 10.1.2.3:9091 => false",
        "http://[fd00::1] => fd00::/8 => true",
        "http://[fd00::1]:9 => [fd00::1]:9 => true",
        "http://a.example => 10.0.0.0/99 => false",
        "http://localhost => '' => true",
        "http://127.0.0.2 => '' => true"
      })
  void aTargetMayBeExceptFromTheProxy(URI target, String list, boolean isExcept) {
    assertEquals(isExcept, ProxyChoice.isExcept(target, list));
  }

  @Test
  void twoTargetsMustNotShareAName() {
    var e =
        assertThrows(
            MalformedConfigurationException.class,
            () -> read("remote_write: [{url: 'http://h'}, {url: 'http://h'}]"));
    assertTrue(e.problems().getFirst().contains("another target has that name"));
  }

  private List<RemoteWriteConfig> read(String text) throws IOException {
    Files.writeString(file(), text);
    return ConfigurationReader.read(file()).remoteWrite();
  }

  private Path file() {
    return folder.resolve("silverback.yml");
  }
}
