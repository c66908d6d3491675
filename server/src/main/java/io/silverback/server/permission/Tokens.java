package io.silverback.server.permission;

import io.silverback.server.log.Log;
import io.silverback.server.yaml.ConfigException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The bearer tokens of all clients, as their files have them. Thread-safe.
 *
 * <p>The files are looked at when a token comes, but not more often than each second, so that many
 * requests do not cost many looks. A file that has no token any more, since it is gone, empty or
 * unreadable, lets nobody in: to delete it is the way to take a token back.
 */
final class Tokens {
  static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Log log = Log.of(Tokens.class);

  private final List<Client> clients;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock. */
  private String loggedFaults = "";

  private volatile Look last;

  private Tokens(List<Client> clients, LongSupplier nanoClock) {
    this.clients = clients;
    this.nanoClock = nanoClock;
    this.last = look();
  }

  /** Those of that table; what is wrong with their files is in the log. */
  static Tokens of(PermissionTable table, LongSupplier nanoClock) {
    return new Tokens(table.clients(), nanoClock);
  }

  /** What is wrong with the files of that table, a line each. */
  static List<String> faults(PermissionTable table) {
    var faults = new ArrayList<String>();
    read(table.clients(), faults);
    return List.copyOf(faults);
  }

  private static final class Token {
    private final byte[] digest;
    private final Caller caller;

    private Token(byte[] digest, Caller caller) {
      this.digest = digest;
      this.caller = caller;
    }
  }

  private static final class Look {
    private final long atNanos;
    private final List<Token> tokens;

    private Look(long atNanos, List<Token> tokens) {
      this.atNanos = atNanos;
      this.tokens = tokens;
    }
  }

  /** Whose token that is. The time that it takes does not depend on how much of it is right. */
  Optional<Caller> callerOf(String token) {
    if (!TokenFile.isSendable(token)) {
      return Optional.empty();
    }
    Optional<Caller> found = Optional.empty();
    byte[] digest = TokenFile.digestOf(token);
    for (Token known : current()) {
      boolean isEqual = MessageDigest.isEqual(known.digest, digest);
      if (isEqual && found.isEmpty()) {
        found = Optional.of(known.caller);
      }
    }
    return found;
  }

  private List<Token> current() {
    if (nanoClock.getAsLong() - last.atNanos >= LOOK_NANOS && lock.tryLock()) {
      try {
        last = look();
      } finally {
        lock.unlock();
      }
    }
    return last.tokens;
  }

  private Look look() {
    long now = nanoClock.getAsLong();
    var faults = new ArrayList<String>();
    List<Token> tokens = read(clients, faults);
    String all = String.join("; ", faults);
    if (!all.equals(loggedFaults)) {
      loggedFaults = all;
      if (faults.isEmpty()) {
        log.info("all files of tokens can be used again");
      } else {
        log.error("files of tokens cannot be used, so that nobody gets in by them", "err", all);
      }
    }
    return new Look(now, tokens);
  }

  private static List<Token> read(List<Client> clients, List<String> faults) {
    var tokens = new ArrayList<Token>();
    for (Client client : clients) {
      for (TokenFile file : client.tokens()) {
        try {
          tokens.add(new Token(file.digest(), client.caller()));
        } catch (ConfigException e) {
          faults.add(e.getMessage());
        }
      }
    }
    return tokens;
  }
}
