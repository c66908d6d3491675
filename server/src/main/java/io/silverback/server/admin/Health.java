package io.silverback.server.admin;

import io.silverback.server.flags.Flags;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.trust.AnyCertificate;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * One run of {@code silverback health}: whether the server of this machine answers, for the health
 * checks of containers.
 *
 * <p>It needs no password and no certificate. A server that asks for one answers, and that is the
 * question; who answers does not matter, as nothing secret is said.
 */
public final class Health {
  private static final String COMMAND = "health";
  private static final Set<String> HELP_WORDS = Set.of("-h", "--help");
  private static final String READY = "--ready";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Of an answer: more than both endpoints ever send. */
  private static final int MOST_BYTES = 64 * 1024;

  private static final String USAGE =
      """
      usage: silverback health [--ready] [<flags>]

      Asks the server on this machine whether it answers, over
      HTTP or HTTPS, for five seconds at most. Needs no password
      and no certificate: a server that asks for one answers.

        --ready  whether it should get requests, as /-/ready says;
                 not known where /-/ready needs a password or a
                 client certificate

      The address and the path come from --web.listen-address,
      --web.route-prefix and --web.external-url, as the server
      gets them. The environment counts as well.

      Ends with 0 if it does, 1 if it does not, 2 if the command
      was wrongly used.
      """;

  private final InetSocketAddress address;
  private final String path;
  private final boolean needsOk;
  private final Duration patience;

  private Health(InetSocketAddress address, String path, boolean needsOk, Duration patience) {
    this.address = address;
    this.path = path;
    this.needsOk = needsOk;
    this.patience = patience;
  }

  /** True if these arguments of the process ask for it. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && arguments.getFirst().equals(COMMAND);
  }

  /**
   * Asks the server and returns the exit code.
   *
   * @param arguments the name of the command, then flags of the command and of the server
   */
  public static int run(
      List<String> arguments,
      Map<String, String> environment,
      PrintStream output,
      PrintStream errors) {
    return run(arguments, environment, PATIENCE, output, errors);
  }

  /** The same with another time to wait. */
  static int run(
      List<String> arguments,
      Map<String, String> environment,
      Duration patience,
      PrintStream output,
      PrintStream errors) {
    var serverFlags = new ArrayList<>(arguments.subList(1, arguments.size()));
    if (serverFlags.stream().anyMatch(HELP_WORDS::contains)) {
      output.print(USAGE);
      return ExitCode.FINE;
    }
    boolean needsOk = serverFlags.removeIf(READY::equals);
    try {
      output.println(of(serverFlags, environment, needsOk, patience).ask());
      return ExitCode.FINE;
    } catch (AdminException e) {
      errors.println(COMMAND + ": error: " + e.getMessage());
      return e.exitCode();
    } catch (StartUpException e) {
      errors.println(COMMAND + ": error: " + e.getMessage());
      return ExitCode.WRONG_USAGE;
    }
  }

  private static Health of(
      List<String> serverFlags,
      Map<String, String> environment,
      boolean needsOk,
      Duration patience) {
    if (!(Flags.parse(serverFlags, environment) instanceof Flags.Request.Serve serve)) {
      throw AdminException.wrongUsage("unexpected: " + String.join(" ", serverFlags));
    }
    InetSocketAddress listens = serve.config().listenAddresses().getFirst();
    if (listens.getPort() == 0) {
      throw AdminException.wrongUsage("--web.listen-address needs a port to ask at");
    }
    InetAddress host = listens.getAddress();
    var address =
        host == null || host.isAnyLocalAddress()
            ? new InetSocketAddress(InetAddress.getLoopbackAddress(), listens.getPort())
            : listens;
    String prefix = serve.config().endpoints().routePrefix();
    return new Health(address, prefix + (needsOk ? "/-/ready" : "/-/healthy"), needsOk, patience);
  }

  private String ask() {
    Answer answer;
    try {
      answer = exchange(false);
    } catch (IOException e) {
      throw noAnswer(e);
    }
    // That is what a server with TLS says to a client without.
    if (answer.status() != 400 || !answer.text().contains("to an HTTPS server")) {
      return verdict(answer);
    }
    try {
      return verdict(exchange(true));
    } catch (SocketTimeoutException e) {
      throw noAnswer(e);
    } catch (IOException e) {
      String reason = "it answers, and refuses a TLS connection without a certificate: " + e;
      if (needsOk) {
        throw AdminException.failed(reason);
      }
      return reason;
    }
  }

  private AdminException noAnswer(IOException e) {
    return AdminException.failed("no answer: address=" + address + " reason=" + e.getMessage());
  }

  private String verdict(Answer answer) {
    if (answer.status() == 200) {
      return answer.body();
    }
    String said = "status=" + answer.status() + " body=" + Table.printable(answer.body());
    // A password, or a place within the rate limit: the server lives.
    if (!needsOk && (answer.status() == 401 || answer.status() == 429)) {
      return "it answers: " + said;
    }
    throw AdminException.failed("not " + path + ": " + said);
  }

  /** What the server said; a status of 0 for what is not HTTP. */
  private record Answer(String text) {
    int status() {
      return text.matches("(?s)HTTP/1\\.1 [0-9]{3} .*")
          ? Integer.parseInt(text.substring(9, 12))
          : 0;
    }

    String body() {
      return text.substring(text.indexOf("\r\n\r\n") + 1).strip();
    }
  }

  private Answer exchange(boolean secure) throws IOException {
    var timer = new Timer(true);
    var overdue = new AtomicBoolean();
    try (var socket = new Socket()) {
      // Reads may each be quick and yet never end.
      timer.schedule(closing(socket, overdue), patience.toMillis());
      socket.connect(address, (int) patience.toMillis());
      var host = address.getHostString();
      Socket channel =
          secure
              ? anyCertificate()
                  .getSocketFactory()
                  .createSocket(socket, host, address.getPort(), true)
              : socket;
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      channel.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      channel.getOutputStream().flush();
      byte[] bytes = channel.getInputStream().readNBytes(MOST_BYTES);
      return new Answer(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw overdue.get() ? new SocketTimeoutException("timeout=" + patience.toMillis() + "ms") : e;
    } finally {
      timer.cancel();
    }
  }

  /** Closes the connection under whatever waits for it. */
  private static TimerTask closing(Socket socket, AtomicBoolean overdue) {
    return new TimerTask() {
      @Override
      public void run() {
        overdue.set(true);
        try {
          socket.close();
        } catch (IOException _) {
          // The exchange ends all the same.
        }
      }
    };
  }

  private static SSLContext anyCertificate() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyCertificate()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
