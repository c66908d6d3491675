package io.silverback.cluster.peer;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys of one connection: what a secret and the nonces of both sides make. Immutable. How:
 * {@code docs/formats/peer-frames.md}.
 *
 * @param welcome with which the responder proves itself
 * @param forward of the frames of the initiator
 * @param backward of the frames of the responder
 */
record Keys(SecretKey welcome, SecretKey forward, SecretKey backward) {
  static final int PROOF_LENGTH = 32;

  private static final String HASH = "SHA-256";
  private static final String HMAC = "HmacSHA256";
  private static final String HKDF = "HKDF-SHA256";
  private static final int KEY_LENGTH = 32;
  private static final byte[] HELLO = label("silverback peer hello 1");
  private static final byte[] SESSION = label("silverback peer session 1");

  /** The key with which an initiator proves that it knows a secret. */
  static SecretKey ofHello(byte[] secret) {
    byte[] key = derive(secret, new byte[0], HELLO, KEY_LENGTH);
    return new SecretKeySpec(key, HMAC);
  }

  /**
   * The keys of a connection.
   *
   * @param hello all bytes of the hello
   * @param welcome those of the welcome before its proof
   */
  static Keys of(
      byte[] secret, byte[] initiatorNonce, byte[] responderNonce, byte[] hello, byte[] welcome) {
    byte[] info = concat(SESSION, hash(concat(hello, welcome)));
    byte[] keys = derive(secret, concat(initiatorNonce, responderNonce), info, 3 * KEY_LENGTH);
    return new Keys(
        new SecretKeySpec(keys, 0, KEY_LENGTH, HMAC),
        new SecretKeySpec(keys, KEY_LENGTH, KEY_LENGTH, "AES"),
        new SecretKeySpec(keys, 2 * KEY_LENGTH, KEY_LENGTH, "AES"));
  }

  static byte[] proof(SecretKey key, byte[] bytes) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      return mac.doFinal(bytes);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every JDK has it: algorithm=" + HMAC, e);
    }
  }

  /** In a time that does not tell where the first difference is. */
  static boolean isProof(SecretKey key, byte[] bytes, byte[] proof) {
    return MessageDigest.isEqual(proof(key, bytes), proof);
  }

  static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance(HASH).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=" + HASH, e);
    }
  }

  private static byte[] derive(byte[] secret, byte[] salt, byte[] info, int length) {
    try {
      var parameters =
          HKDFParameterSpec.ofExtract().addIKM(secret).addSalt(salt).thenExpand(info, length);
      return KDF.getInstance(HKDF).deriveData(parameters);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK of this version has it: algorithm=" + HKDF, e);
    }
  }

  private static byte[] label(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return "Keys";
  }
}
