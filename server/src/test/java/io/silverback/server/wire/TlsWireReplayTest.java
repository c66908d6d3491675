package io.silverback.server.wire;

import io.silverback.server.TestGateway;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TestCertificates.KeyType;
import io.silverback.server.web.TlsClient;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Requests through TLS mean the same, one record or many. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsWireReplayTest {
  /** Each place costs two handshakes, so a build takes a few; 500 are all places of most cases. */
  private static final int PLACES = Integer.getInteger("silverback.wire.places", 5);

  @TempDir private static Path folder;

  private TestGateway gateway;
  private WireReplay replay;

  @BeforeAll
  void start() throws Exception {
    new TestCertificates(folder).selfSigned("server", KeyType.P256);
    Path config = folder.resolve("web.yml");
    Files.writeString(config, "tls_server_config: {cert_file: server.pem, key_file: server.key}\n");
    gateway = TestGateway.start("--web.enable-admin-api", "--web.config.file=" + config);
    TlsClient client = TlsClient.anonymous();
    replay = new WireReplay(() -> client.connect(gateway.port()));
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @Test
  void answersAreTheSameHoweverRecordsArrive() throws Exception {
    replay.replay(WireCases.all(), PLACES);
  }
}
