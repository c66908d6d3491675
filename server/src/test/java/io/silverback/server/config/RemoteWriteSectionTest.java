package io.silverback.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.remotewrite.RemoteWriteConfig;
import io.silverback.server.remotewrite.RemoteWriteConfig.Credentials;
import io.silverback.server.remotewrite.RemoteWriteConfig.Queue;
import io.silverback.server.remotewrite.RemoteWriteConfig.Tls;
import io.silverback.server.remotewrite.Secret;
import java.io.IOException;
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
                    protobuf_message: prometheus.WriteRequest
                    remote_timeout: 7s
                    headers: {X-Scope-OrgID: me}
                    write_relabel_configs:
                      - {source_labels: [a, b], separator: "-", regex: "x-(.*)", target_label: c, replacement: $1, action: Replace}
                    basic_auth: {username: u, password_file: /p}
                    tls_config: {ca_file: /ca, insecure_skip_verify: true}
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
                    metadata_config: {send: false, send_interval: 1m}
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
    assertEquals(new Tls(Optional.of(Path.of("/ca")), true), target.tls());
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
    assertEquals(
        List.of("enable_http2", "metadata_config.send_interval", "queue_config.capacity"),
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
        "{url: 'http://h', protobuf_message: io.prometheus.write.v2.Request} => only prometheus.WriteRequest",
        "{url: 'http://h', send_exemplars: true} => exemplars are not sent",
        "{url: 'http://h', send_native_histograms: true} => native histograms are not sent",
        "{url: 'http://h', metadata_config: {send: true}} => metadata is not sent",
        "{url: 'http://h', follow_redirects: true} => redirects are not followed",
        "{url: 'http://h', headers: {Host: a}} => key=remote_write[0].headers.Host",
        "{url: 'http://h', headers: {'a b': a}} => cannot be a header",
        "{url: 'http://h', remote_timeout: soon} => key=remote_write[0].remote_timeout",
        "{url: 'http://h', queue_config: {max_shards: 0}} => must be from 1 to",
        "{url: 'http://h', queue_config: {min_shards: 60}} => must not be above max_shards",
        "{url: 'http://h', queue_config: {min_backoff: 6s}} => must not be above max_backoff",
        "{url: 'http://h', queue_config: {shards: 6}} => unknown key",
        "{url: 'http://h', tls_config: {cert_file: /x}} => known to Prometheus, but not done here",
        "{url: 'http://h', tls_config: {certs: /x}} => unknown key",
        "{url: 'http://h', basic_auth: {username: u}, bearer_token: x} => says nothing beside basic_auth",
        "{url: 'http://h', authorization: {type: Basic, credentials: x}} => must not be Basic",
        "{url: 'http://h', write_relabel_configs: [{action: jump}]} => expected replace, keep",
        "{url: 'http://h', write_relabel_configs: [{action: replace}]} => needs target_label",
        "{url: 'http://h', write_relabel_configs: [{action: keep, regex: '('}]} => relabel_configs[0].regex",
        "{url: 'http://h', write_relabel_configs: [{action: hashmod, target_label: a}]} => modulus",
        "{url: 'http://h', write_relabel_configs: [{action: labeldrop, source_labels: [a]}]} => regex alone",
        "{url: 'http://h', write_relabel_configs: [{action: keep, actions: x}]} => unknown key"
      })
  void whatCannotBeDoneIsRefused(String target, String expected) throws IOException {
    String text = "remote_write: [" + target + "]\n";
    var e = assertThrows(MalformedConfigurationException.class, () -> read(text));
    String all = String.join("\n", e.problems()).replace(file().toString(), "F");
    assertTrue(all.contains(expected), all);
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
