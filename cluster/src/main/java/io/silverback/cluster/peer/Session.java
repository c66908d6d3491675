package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Sender;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * What two nodes know of one another after a handshake: that each has the secret now, and the keys
 * of their frames. The order of the proofs: {@code docs/formats/peer-frames.md}.
 *
 * @param hello of the side that opened the connection
 * @param welcome of the other side
 */
record Session(Hello hello, Welcome welcome, Secret secret, Keys keys) {

  /**
   * Ends the nonce of a welcome in an older version than the newest that its node speaks. So a peer
   * that speaks that one, too, learns that it was made to say hello in an older one: by a stranger,
   * as the refusal of a version has no proof, or since the node was replaced in between.
   */
  private static final byte[] SPEAKS_NEWER = "SB newer".getBytes(StandardCharsets.US_ASCII);

  /** Of the protocol: what goes over the connection may depend on it. */
  int version() {
    return hello.version();
  }

  /**
   * The side that opens a connection: says hello and takes the welcome.
   *
   * @throws RefusedException.OtherVersion if the other side does not speak the version of the hello
   * @throws RefusedException if the other side does not prove itself
   * @throws IOException if the connection ends or fails
   */
  static Session open(
      InputStream in, OutputStream out, Hello hello, Versions versions, PeerSecrets secrets)
      throws IOException {
    Secret secret = secrets.current().getFirst();
    byte[] said = hello.encode();
    byte[] helloBytes = Keys.concat(said, Keys.proof(secret.helloKey(), said));
    out.write(helloBytes);
    out.flush();
    Greeting.Read answer;
    try {
      answer = Greeting.read(in);
    } catch (EOFException _) {
      throw new RefusedException(
          Refusal.SECRET,
          "the peer ended the handshake, as it does if it has another secret or too many connections");
    }
    if (answer.version() != hello.version()) {
      throw new RefusedException.OtherVersion(answer.version(), versions);
    }
    Welcome welcome = Welcome.decode(answer);
    Keys keys = secret.session(hello, helloBytes, welcome);
    requireProof(keys.welcome(), answer);
    if (hello.version() < versions.newest() && saysNewer(welcome.nonce())) {
      throw new RefusedException(
          Refusal.VERSION,
          "the peer speaks a newer version than the refusal said that came before: used="
              + hello.version()
              + " ours="
              + versions.text());
    }
    return new Session(hello, welcome, secret, keys);
  }

  /**
   * The side that was connected to: takes the hello and says welcome. The other side has proved
   * that it lives only when its first frame came and its seal fits.
   *
   * @throws RefusedException if what comes is no hello that one of the secrets proves
   * @throws IOException if the connection ends or fails
   */
  static Session accept(
      InputStream in,
      OutputStream out,
      Sender self,
      byte[] nonce,
      Versions versions,
      PeerSecrets secrets)
      throws IOException {
    Greeting.Read asked = Greeting.read(in);
    if (!versions.speaks(asked.version())) {
      out.write(Greeting.otherVersion(versions));
      out.flush();
      throw new RefusedException(
          asked.version() > versions.newest() ? Refusal.NEWER : Refusal.VERSION,
          versions.without(asked.version()));
    }
    Secret secret = provenBy(asked, secrets);
    Hello hello = Hello.decode(asked);
    byte[] drawn = hello.version() < versions.newest() ? sayingNewer(nonce) : nonce;
    var welcome = new Welcome(hello.version(), self.nodeId(), self.incarnation(), drawn);
    Keys keys = secret.session(hello, asked.whole(), welcome);
    byte[] said = welcome.encode();
    out.write(Keys.concat(said, Keys.proof(keys.welcome(), said)));
    out.flush();
    return new Session(hello, welcome, secret, keys);
  }

  private static byte[] sayingNewer(byte[] nonce) {
    return Keys.concat(Arrays.copyOf(nonce, nonce.length - SPEAKS_NEWER.length), SPEAKS_NEWER);
  }

  private static boolean saysNewer(byte[] nonce) {
    int from = nonce.length - SPEAKS_NEWER.length;
    return Arrays.equals(nonce, from, nonce.length, SPEAKS_NEWER, 0, SPEAKS_NEWER.length);
  }

  private static Secret provenBy(Greeting.Read asked, PeerSecrets secrets) {
    for (Secret secret : secrets.current()) {
      if (Keys.isProof(secret.helloKey(), asked.proven(), asked.proof())) {
        return secret;
      }
    }
    throw new RefusedException(Refusal.SECRET, "no secret of this node proves the hello");
  }

  private static void requireProof(SecretKey key, Greeting.Read answer) {
    if (!Keys.isProof(key, answer.proven(), answer.proof())) {
      throw new RefusedException(Refusal.SECRET, "the secret does not prove the welcome");
    }
  }
}
