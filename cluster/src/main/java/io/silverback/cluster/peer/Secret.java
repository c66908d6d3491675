package io.silverback.cluster.peer;

import java.security.MessageDigest;
import javax.crypto.SecretKey;

/** What all nodes of a cluster know and nobody else does. Immutable; never shown. */
final class Secret {
  private final byte[] bytes;
  private final SecretKey helloKey;

  Secret(byte[] bytes) {
    this.bytes = bytes.clone();
    this.helloKey = Keys.ofHello(bytes);
  }

  SecretKey helloKey() {
    return helloKey;
  }

  Keys session(Hello hello, byte[] helloBytes, Welcome welcome) {
    return Keys.of(bytes, hello.nonce(), welcome.nonce(), helloBytes, welcome.encode());
  }

  boolean isSame(Secret other) {
    return MessageDigest.isEqual(bytes, other.bytes);
  }
}
