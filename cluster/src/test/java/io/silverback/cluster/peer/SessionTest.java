package io.silverback.cluster.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Sender;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionTest {
  private static final String SECRET = "an example, no secret";
  private static final Sender INITIATOR = new Sender("a", 7, "10.0.0.1:9094");
  private static final Sender RESPONDER = new Sender("b", 9, "10.0.0.2:9094");
  private static final byte[] MESSAGE = "hi".getBytes(StandardCharsets.UTF_8);
  private static final int MOST_MESSAGE = 1_000;

  @TempDir Path folder;
  private PeerSecrets secrets = PeerSecrets.none();
  private byte[] helloBytes = {};
  private byte[] welcomeBytes = {};
  private byte[] confirmFrame = {};
  private byte[] messageFrame = {};
  private byte[] signFrame = {};

  /** A connection with nonces that nobody should draw. */
  @BeforeEach
  void converse() throws IOException {
    secrets = PeerSecrets.ofFile(Files.writeString(folder.resolve("secret"), SECRET));
    var hello = new Hello(Versions.VERSION, Channel.DATA, 3, INITIATOR, nonce(0x10));
    Secret secret = secrets.current().getFirst();
    byte[] said = hello.encode();
    helloBytes = Keys.concat(said, Keys.proof(secret.helloKey(), said));
    var answer = new ByteArrayOutputStream();
    Session session = accept(helloBytes, answer);
    welcomeBytes = answer.toByteArray();
    var out = new ByteArrayOutputStream();
    var writer = new MessageWriter(out, session.keys().forward());
    writer.flush();
    confirmFrame = taken(out);
    writer.add(MESSAGE);
    writer.flush();
    messageFrame = taken(out);
    new MessageWriter(out, session.keys().backward()).flush();
    signFrame = taken(out);
  }

  @Test
  void workedExampleIsWhatTheCodeSays() throws Exception {
    PageExample page = PageExample.of("peer-frames.md");
    byte[] whole = join(helloBytes, welcomeBytes, confirmFrame, messageFrame, signFrame);
    assertEquals(PageExample.hex(whole), PageExample.hex(page.bytes()));
    assertEquals(PageExample.hex(whole), PageExample.hex(page.bytesOfLines()));

    var said = new ByteArrayOutputStream();
    var fromResponder = new ByteArrayInputStream(page.bytes());
    fromResponder.skipNBytes(helloBytes.length);
    var hello = new Hello(Versions.VERSION, Channel.DATA, 3, INITIATOR, nonce(0x10));
    Session opened = Session.open(fromResponder, said, hello, Versions.OURS, secrets);
    assertArrayEquals(helloBytes, said.toByteArray());
    assertEquals("b", opened.welcome().nodeId());
    assertEquals(9, opened.welcome().incarnation());

    byte[] forward = join(confirmFrame, messageFrame);
    assertEquals(List.of("hi"), texts(forward, opened, 2));
  }

  @Test
  void everyBitFlipOfAFirstFrameIsRefused() {
    byte[] bytes = join(helloBytes, confirmFrame, messageFrame);
    for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertNothingComes(flipped, "bit " + bit);
    }
  }

  @Test
  void everyBitFlipOfAWelcomeIsRefused() {
    var hello = new Hello(Versions.VERSION, Channel.DATA, 3, INITIATOR, nonce(0x10));
    for (int bit = 0; bit < welcomeBytes.length * Byte.SIZE; bit++) {
      byte[] flipped = welcomeBytes.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      try {
        Session.open(
            new ByteArrayInputStream(flipped),
            new ByteArrayOutputStream(),
            hello,
            Versions.OURS,
            secrets);
        fail("taken with a flipped bit: bit=" + bit);
      } catch (RefusedException | IOException _) {
        // As it should be.
      }
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] bytes = join(helloBytes, confirmFrame, messageFrame);
    for (int length = 0; length < bytes.length; length++) {
      assertNothingComes(Arrays.copyOf(bytes, length), "length " + length);
    }
  }

  @Test
  void repeatedAndSwappedFramesAreRefused() {
    assertNothingComes(join(helloBytes, messageFrame, confirmFrame), "swapped");
    assertNothingComes(join(helloBytes, confirmFrame, confirmFrame, messageFrame), "repeated");
    assertNothingComes(join(helloBytes, signFrame, messageFrame), "of the other direction");
  }

  @Test
  void otherNonceMakesARecordingWorthless() throws IOException {
    var in = new ByteArrayInputStream(join(helloBytes, confirmFrame, messageFrame));
    Session session =
        Session.accept(
            in, new ByteArrayOutputStream(), RESPONDER, nonce(0x21), Versions.OURS, secrets);
    var reader = new MessageReader(in, session.keys().forward(), MOST_MESSAGE);
    var refused = assertThrows(RefusedException.class, () -> reader.readFrame(_ -> {}));
    assertEquals(Refusal.SEAL, refused.refusal());
  }

  @Test
  void otherVersionIsNamedBesideOurs() {
    byte[] newer = helloBytes.clone();
    newer[5] = 2;
    var answer = new ByteArrayOutputStream();
    var refused = assertThrows(RefusedException.class, () -> accept(newer, answer));
    assertEquals(Refusal.NEWER, refused.refusal());
    assertTrue(String.valueOf(refused.getMessage()).endsWith("theirs=2 ours=1"));
    assertEquals(Versions.VERSION, answer.toByteArray()[5]);
  }

  @Test
  void otherVersionIsTheDiallersToJudgeAndNothingOfItsRefusalIsTaken() {
    byte[] refusal = Greeting.otherVersion(new Versions(1, 3));
    var other = assertThrows(RefusedException.OtherVersion.class, () -> open(refusal, 4, 4));
    assertEquals(3, other.theirs());
    for (int length = 0; length < refusal.length; length++) {
      byte[] cut = Arrays.copyOf(refusal, length);
      assertThrows(RefusedException.class, () -> open(cut, 4, 4), "length " + length);
    }
    for (int bit = 0; bit < refusal.length * Byte.SIZE; bit++) {
      byte[] flipped = refusal.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertThrows(RefusedException.class, () -> open(flipped, 4, 4), "bit " + bit);
    }
  }

  @Test
  void helloInAnOlderVersionOfTwoThatSpeakANewerOneIsRefused() throws Exception {
    byte[] hello = helloOf(2);
    var answer = new ByteArrayOutputStream();
    Session accepted = accept(new ByteArrayInputStream(hello), answer, new Versions(1, 3));
    assertEquals(2, accepted.version());
    assertEquals(2, open(answer.toByteArray(), 2, 2).version());
    var refused = assertThrows(RefusedException.class, () -> open(answer.toByteArray(), 2, 3));
    assertEquals(Refusal.VERSION, refused.refusal());
    assertTrue(String.valueOf(refused.getMessage()).endsWith("used=2 ours=1 to 3"));
  }

  @Test
  void helloOfOneVersionProvesNoneOfAnother() {
    byte[] hello = helloOf(2);
    hello[5] = 1;
    var answer = new ByteArrayOutputStream();
    var refused =
        assertThrows(
            RefusedException.class,
            () -> accept(new ByteArrayInputStream(hello), answer, new Versions(1, 3)));
    assertEquals(Refusal.SECRET, refused.refusal());
  }

  @Test
  void messageThatIsTooLongIsRefusedBeforeItTakesMemory() throws IOException {
    Session session = accept(helloBytes, new ByteArrayOutputStream());
    var out = new ByteArrayOutputStream();
    var writer = new MessageWriter(out, session.keys().forward());
    writer.add(new byte[MOST_MESSAGE + 1]);
    writer.flush();
    var in = new ByteArrayInputStream(out.toByteArray());
    var reader = new MessageReader(in, session.keys().forward(), MOST_MESSAGE);
    var refused = assertThrows(RefusedException.class, () -> reader.readFrame(_ -> {}));
    assertEquals(Refusal.MALFORMED, refused.refusal());
  }

  private byte[] helloOf(int version) {
    byte[] said = new Hello(version, Channel.DATA, 3, INITIATOR, nonce(0x10)).encode();
    return Keys.concat(said, Keys.proof(secrets.current().getFirst().helloKey(), said));
  }

  /** Says hello in a version, as one that speaks versions 1 to a newest, and gets this answer. */
  private Session open(byte[] answer, int version, int newest) throws IOException {
    var hello = new Hello(version, Channel.DATA, 3, INITIATOR, nonce(0x10));
    return Session.open(
        new ByteArrayInputStream(answer),
        new ByteArrayOutputStream(),
        hello,
        new Versions(1, newest),
        secrets);
  }

  /** Whatever comes, no message does. */
  private void assertNothingComes(byte[] bytes, String what) {
    var in = new ByteArrayInputStream(bytes);
    try {
      Session session = accept(in, new ByteArrayOutputStream(), Versions.OURS);
      var reader = new MessageReader(in, session.keys().forward(), MOST_MESSAGE);
      for (int i = 0; i < 3; i++) {
        reader.readFrame(_ -> fail("a message came: " + what));
      }
      fail("nothing was noticed: " + what);
    } catch (RefusedException | IOException _) {
      // As it should be.
    }
  }

  private Session accept(byte[] bytes, ByteArrayOutputStream answer) throws IOException {
    return accept(new ByteArrayInputStream(bytes), answer, Versions.OURS);
  }

  private Session accept(ByteArrayInputStream in, ByteArrayOutputStream answer, Versions versions)
      throws IOException {
    return Session.accept(in, answer, RESPONDER, nonce(0x20), versions, secrets);
  }

  private static List<String> texts(byte[] frames, Session session, int count) throws IOException {
    var in = new ByteArrayInputStream(frames);
    var reader = new MessageReader(in, session.keys().forward(), MOST_MESSAGE);
    var texts = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      reader.readFrame(message -> texts.add(new String(message, StandardCharsets.UTF_8)));
    }
    return texts;
  }

  /** As many bytes as a nonce has, each one more than the one before. */
  private static byte[] nonce(int first) {
    byte[] nonce = new byte[Greeting.NONCE_LENGTH];
    for (int i = 0; i < nonce.length; i++) {
      nonce[i] = (byte) (first + i);
    }
    return nonce;
  }

  private static byte[] taken(ByteArrayOutputStream out) {
    byte[] bytes = out.toByteArray();
    out.reset();
    return bytes;
  }

  private static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
