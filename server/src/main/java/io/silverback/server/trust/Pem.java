package io.silverback.server.trust;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The blocks of a PEM text. What stands around them is skipped. */
public final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  private Pem() {}

  /** One block. Printed without its bytes. */
  static final class Block {
    private final String label;
    private final byte[] der;
    private final boolean encrypted;

    private Block(String label, byte[] der, boolean encrypted) {
      this.label = label;
      this.der = der;
      this.encrypted = encrypted;
    }

    /** What it says to be, {@code EC PRIVATE KEY} for one. */
    String label() {
      return label;
    }

    /** The bytes, not a copy; none if it is encrypted. */
    byte[] der() {
      return der;
    }

    /** Whether a password is needed to read it. */
    boolean encrypted() {
      return encrypted;
    }

    @Override
    public String toString() {
      return "Block[label=" + label + "]";
    }
  }

  /** All blocks whose base64 can be read. */
  static List<Block> blocks(byte[] pem) {
    List<Block> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    while (block.find()) {
      String label = block.group(1);
      String body = block.group(2);
      boolean encrypted = label.startsWith("ENCRYPTED ") || body.contains("ENCRYPTED");
      try {
        byte[] der = encrypted ? new byte[0] : Base64.getMimeDecoder().decode(withoutHeaders(body));
        blocks.add(new Block(label, der, encrypted));
      } catch (IllegalArgumentException e) {
        // Not base64, so no block: the caller that misses it says so.
      }
    }
    return blocks;
  }

  /** All certificates, in order. */
  public static List<X509Certificate> certificates(byte[] pem) throws CertificateException {
    List<X509Certificate> certificates = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (Block block : blocks(pem)) {
      if (block.label.equals("CERTIFICATE")) {
        var der = new ByteArrayInputStream(block.der);
        certificates.add((X509Certificate) factory.generateCertificate(der));
      }
    }
    return certificates;
  }

  private static String withoutHeaders(String body) {
    return body.lines()
        .filter(line -> !line.contains(":"))
        .reduce("", (text, line) -> text + line.strip());
  }
}
