package io.silverback.server.trust;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TestCertificates.KeyType;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentityTest {
  private static final Path CONFIG = Path.of("web.yml");

  @TempDir private static Path folder;

  @BeforeAll
  static void make() throws Exception {
    var certificates = new TestCertificates(folder);
    certificates.selfSigned("rsa", KeyType.RSA);
    certificates.selfSigned("p256", KeyType.P256);
    certificates.selfSigned("p384", KeyType.P384);
    certificates.selfSigned("ed25519", KeyType.ED25519);
    certificates.selfSigned("other", KeyType.P256);
    certificates.openssl(List.of("rsa", "-in", "rsa.key", "-traditional", "-out", "rsa.pkcs1"));
    certificates.openssl(List.of("ec", "-in", "p256.key", "-out", "p256.sec1"));
    certificates.openssl(List.of("ec", "-in", "p384.key", "-out", "p384.sec1"));
    certificates.openssl(
        List.of(
            "ec", "-in", "p256.key", "-no_public", "-param_enc", "named_curve", "-out", "bare"));
    certificates.openssl(
        List.of("pkcs8", "-topk8", "-in", "p256.key", "-out", "sealed", "-passout", "pass:secret"));
    certificates.openssl(
        List.of("ec", "-in", "p256.key", "-aes128", "-passout", "pass:secret", "-out", "sealed2"));
  }

  private static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name));
  }

  private static String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  @ParameterizedTest
  @CsvSource({
    "rsa, rsa.key, PRIVATE KEY",
    "rsa, rsa.pkcs1, RSA PRIVATE KEY",
    "p256, p256.key, PRIVATE KEY",
    "p256, p256.sec1, EC PRIVATE KEY",
    "p256, bare, EC PRIVATE KEY",
    "p384, p384.sec1, EC PRIVATE KEY",
    "ed25519, ed25519.key, PRIVATE KEY"
  })
  void readsEveryUsualFormOfAKey(String certificate, String key, String label) throws Exception {
    assertTrue(text(key).contains("-----BEGIN " + label + "-----"));
    Identity identity = Identity.of(CONFIG, bytes(certificate + ".pem"), bytes(key));
    Identity pkcs8 = Identity.of(CONFIG, bytes(certificate + ".pem"), bytes(certificate + ".key"));
    assertArrayEquals(keyNumber(pkcs8), keyNumber(identity));
  }

  /**
   * The private number alone: encodings of one key differ in whether they repeat the public one.
   */
  private static byte[] keyNumber(Identity identity) {
    return switch (identity.key()) {
      case ECPrivateKey key -> key.getS().toByteArray();
      default -> identity.key().getEncoded();
    };
  }

  @Test
  void keepsTheOrderOfTheChainAndSkipsWhatStandsAround() throws Exception {
    String pem = "Bag Attributes\n" + text("p256.pem") + "\nissuer=x\n" + text("rsa.pem");
    String key = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    Identity identity =
        Identity.of(CONFIG, latin(pem), latin(key + text("p256.sec1").replace("\n", "\r\n")));
    assertEquals(2, identity.chain().length);
    assertEquals("CN=p256", identity.chain()[0].getSubjectX500Principal().getName());
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource({
    "p256.pem, other.key, private key does not belong to the certificate: file=web.yml",
    "p256.pem, rsa.key, 'cannot read the private key, or it does not belong'",
    "p384.pem, p256.sec1, private key does not belong to the certificate: file=web.yml",
    "rsa.pem, p256.sec1, 'cannot read the private key, or it does not belong'",
    "p256.pem, sealed, an encrypted private key in key or key_file is no use",
    "p256.pem, sealed2, an encrypted private key in key or key_file is no use",
    "p256.pem, p256.pem, no PEM private key in key or key_file",
    "p256.key, p256.key, no PEM certificate in cert or cert_file"
  })
  void refusesAKeyPairThatIsNone(String certificate, String key, String message) throws Exception {
    byte[] certificatePem = bytes(certificate);
    byte[] keyPem = bytes(key);
    var fault =
        assertThrows(ConfigException.class, () -> Identity.of(CONFIG, certificatePem, keyPem));
    assertTrue(fault.getMessage().startsWith(message), fault.getMessage());
  }

  @Test
  void refusesACertificateThatIsCutOff() throws Exception {
    String pem = "-----BEGIN CERTIFICATE-----\nMIIBmzCC\n-----END CERTIFICATE-----\n";
    byte[] key = bytes("p256.key");
    var fault = assertThrows(ConfigException.class, () -> Identity.of(CONFIG, latin(pem), key));
    assertEquals(
        "cannot read a certificate in cert or cert_file: file=web.yml", fault.getMessage());
  }
}
