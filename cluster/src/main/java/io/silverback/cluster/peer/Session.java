package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Sender;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
   * The side that opens a connection: says hello and takes the welcome.
   *
   * @throws RefusedException if the other side does not prove itself
   * @throws IOException if the connection ends or fails
   */
  static Session open(InputStream in, OutputStream out, Hello hello, PeerSecrets secrets)
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
    Welcome welcome = Welcome.decode(answer);
    Keys keys = secret.session(hello, helloBytes, welcome);
    requireProof(keys.welcome(), answer);
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
      InputStream in, OutputStream out, Sender self, byte[] nonce, PeerSecrets secrets)
      throws IOException {
    Greeting.Read asked;
    try {
      asked = Greeting.read(in);
    } catch (RefusedException e) {
      if (e.refusal() == Refusal.VERSION) {
        out.write(Greeting.otherVersion());
        out.flush();
      }
      throw e;
    }
    Secret secret = provenBy(asked, secrets);
    Hello hello = Hello.decode(asked);
    var welcome = new Welcome(self.nodeId(), self.incarnation(), nonce);
    Keys keys = secret.session(hello, asked.whole(), welcome);
    byte[] said = welcome.encode();
    out.write(Keys.concat(said, Keys.proof(keys.welcome(), said)));
    out.flush();
    return new Session(hello, welcome, secret, keys);
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
