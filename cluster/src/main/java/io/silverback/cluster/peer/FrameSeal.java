package io.silverback.cluster.peer;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Cipher;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * The seal of the frames of one direction, each under the next number. Not thread-safe. Layout:
 * {@code docs/formats/peer-frames.md}.
 */
final class FrameSeal {
  static final int HEAD_LENGTH = Integer.BYTES;
  static final int TAG_LENGTH = 16;

  /** Of what is in a frame. */
  static final int MOST_PLAIN = 64 << 10;

  static final int MOST_SEALED = MOST_PLAIN + TAG_LENGTH;

  private static final String ALGORITHM = "AES/GCM/NoPadding";
  private static final int NONCE_LENGTH = 12;
  private static final int NUMBER_OFFSET = NONCE_LENGTH - Long.BYTES;

  /** So that one key never seals more than it safely may. */
  private static final long MOST_FRAMES = 1L << 32;

  private final Cipher cipher;
  private final int mode;
  private final SecretKey key;
  private final ByteBuffer nonce = ByteBuffer.allocate(NONCE_LENGTH);
  private long number;

  private FrameSeal(int mode, SecretKey key) {
    this.mode = mode;
    this.key = key;
    try {
      this.cipher = Cipher.getInstance(ALGORITHM);
    } catch (NoSuchAlgorithmException | NoSuchPaddingException e) {
      throw new IllegalStateException("every JDK has it: algorithm=" + ALGORITHM, e);
    }
  }

  static FrameSeal sealing(SecretKey key) {
    return new FrameSeal(Cipher.ENCRYPT_MODE, key);
  }

  static FrameSeal opening(SecretKey key) {
    return new FrameSeal(Cipher.DECRYPT_MODE, key);
  }

  /**
   * Seals or opens the next frame.
   *
   * @param head of the frame, which is sealed along
   * @return the length of what was written to {@code to}
   * @throws RefusedException if the seal of a frame to be opened does not fit
   */
  int next(byte[] head, byte[] from, int offset, int length, byte[] to, int toOffset) {
    if (number >= MOST_FRAMES) {
      throw new RefusedException(Refusal.SEAL, "all numbers of frames are used");
    }
    nonce.putLong(NUMBER_OFFSET, number++);
    try {
      cipher.init(mode, key, new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce.array()));
      cipher.updateAAD(head, 0, HEAD_LENGTH);
      return cipher.doFinal(from, offset, length, to, toOffset);
    } catch (GeneralSecurityException _) {
      throw new RefusedException(Refusal.SEAL, "the seal does not fit: frame=" + (number - 1));
    }
  }
}
