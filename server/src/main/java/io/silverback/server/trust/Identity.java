package io.silverback.server.trust;

import io.silverback.server.yaml.ConfigException;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;

/**
 * The certificate of a server or a client, those that signed it, and its private key. Immutable.
 */
public final class Identity {
  private static final int SEQUENCE_TAG = 0x30;
  private static final int OCTET_STRING_TAG = 0x04;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final int LONG_LENGTH_FLAG = 0x80;

  private final List<X509Certificate> chain;
  private final PrivateKey key;

  private Identity(List<X509Certificate> chain, PrivateKey key) {
    this.chain = chain;
    this.key = key;
  }

  /**
   * Reads a chain, its own certificate first, and a key in PKCS#8, PKCS#1 or SEC1 form.
   *
   * @param configFile for messages
   * @throws ConfigException if either is missing or unreadable, or they do not belong together
   */
  public static Identity of(Path configFile, byte[] certificatePem, byte[] keyPem) {
    List<X509Certificate> chain;
    try {
      chain = Pem.certificates(certificatePem);
    } catch (CertificateException e) {
      throw ConfigException.inFile(configFile, "cannot read a certificate in cert or cert_file");
    }
    if (chain.isEmpty()) {
      throw ConfigException.inFile(configFile, "no PEM certificate in cert or cert_file");
    }
    PublicKey publicKey = chain.getFirst().getPublicKey();
    try {
      PrivateKey key = privateKey(keyBlock(configFile, keyPem), publicKey);
      if (belongTogether(key, publicKey)) {
        return new Identity(List.copyOf(chain), key);
      }
    } catch (GeneralSecurityException e) {
      throw ConfigException.inFile(
          configFile, "cannot read the private key, or it does not belong to the certificate");
    }
    throw ConfigException.inFile(configFile, "private key does not belong to the certificate");
  }

  public X509Certificate[] chain() {
    return chain.toArray(X509Certificate[]::new);
  }

  public PrivateKey key() {
    return key;
  }

  private static Pem.Block keyBlock(Path configFile, byte[] pem) {
    for (Pem.Block block : Pem.blocks(pem)) {
      if (block.label().endsWith("PRIVATE KEY")) {
        if (block.encrypted()) {
          throw ConfigException.inFile(
              configFile, "an encrypted private key in key or key_file is no use");
        }
        return block;
      }
    }
    throw ConfigException.inFile(configFile, "no PEM private key in key or key_file");
  }

  private static PrivateKey privateKey(Pem.Block block, PublicKey publicKey)
      throws GeneralSecurityException {
    byte[] pkcs8 =
        block.label().equals("PRIVATE KEY") ? block.der() : wrapped(block.der(), publicKey);
    return KeyFactory.getInstance(publicKey.getAlgorithm())
        .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /**
   * PKCS#1 and SEC1 are what PKCS#8 holds inside, without the algorithm; the public key names that,
   * as the first member of its own encoding.
   */
  private static byte[] wrapped(byte[] der, PublicKey publicKey) {
    byte[] algorithm = firstMember(publicKey.getEncoded());
    return element(SEQUENCE_TAG, VERSION_0, algorithm, element(OCTET_STRING_TAG, der));
  }

  private static byte[] firstMember(byte[] sequence) {
    int start = contentOffset(sequence, 0);
    int content = contentOffset(sequence, start);
    int end = content + contentLength(sequence, start);
    return Arrays.copyOfRange(sequence, start, end);
  }

  private static int contentOffset(byte[] der, int offset) {
    int first = der[offset + 1] & 0xff;
    return offset + 2 + (first < LONG_LENGTH_FLAG ? 0 : first - LONG_LENGTH_FLAG);
  }

  private static int contentLength(byte[] der, int offset) {
    int first = der[offset + 1] & 0xff;
    if (first < LONG_LENGTH_FLAG) {
      return first;
    }
    int length = 0;
    for (int i = offset + 2; i < contentOffset(der, offset); i++) {
      length = (length << Byte.SIZE) | (der[i] & 0xff);
    }
    return length;
  }

  private static byte[] element(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    var element = new ByteArrayOutputStream();
    element.write(tag);
    if (content.size() < LONG_LENGTH_FLAG) {
      element.write(content.size());
    } else {
      // Four bytes of length are more than needed; the readers of the JDK take them.
      element.write(LONG_LENGTH_FLAG | Integer.BYTES);
      for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
        element.write(content.size() >>> shift);
      }
    }
    element.writeBytes(content.toByteArray());
    return element.toByteArray();
  }

  private static boolean belongTogether(PrivateKey key, PublicKey publicKey)
      throws GeneralSecurityException {
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> publicKey.getAlgorithm();
        };
    byte[] challenge = publicKey.getEncoded();
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(challenge);
    byte[] signature = signer.sign();
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(publicKey);
    verifier.update(challenge);
    return verifier.verify(signature);
  }
}
