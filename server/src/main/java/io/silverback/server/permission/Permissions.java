package io.silverback.server.permission;

import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds out what the sender of a request may do. Thread-safe. */
public interface Permissions {
  /** Of an operator who has set none: each client that gets as far as this may do everything. */
  Permissions NONE =
      new Permissions() {
        @Override
        public Optional<Caller> callerOf(
            String user, String authorization, Supplier<Optional<X509Certificate>> certificate) {
          return Optional.of(Caller.UNBOUNDED);
        }

        @Override
        public Optional<String> challenge() {
          return Optional.empty();
        }
      };

  /**
   * Who sent a request. A client without credentials is one, too, with the rights that anyone has.
   *
   * @param user whose password was right; empty if there was none to check
   * @param authorization the value of the {@code Authorization} header; empty without one
   * @param certificate asked for the verified certificate of the client, if that counts
   * @return empty if there are credentials that are not right
   */
  Optional<Caller> callerOf(
      String user, String authorization, Supplier<Optional<X509Certificate>> certificate);

  /** The scheme that a client could say with who it is; empty if it could not with any. */
  Optional<String> challenge();
}
