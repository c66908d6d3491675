package io.silverback.server.admin;

import io.silverback.server.admin.Server.UnreachedException;
import io.silverback.server.flags.Flags;
import io.silverback.server.flags.GatewayConfig;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.handler.PushCheck;
import io.silverback.server.handler.PushCheck.Answer;
import io.silverback.server.handler.PushCheck.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One run of {@code silverback check-push}: says whether a push would be taken, and what is wrong
 * with it. Alone it looks at the body, the grouping key and the limits; a server also knows what is
 * stored.
 */
public final class CheckPush {
  private static final String COMMAND = "check-push";
  private static final Set<String> HELP_WORDS = Set.of("-h", "--help");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String JOB = "--job";
  private static final String GROUPING = "--grouping";
  private static final String METHOD = "--method";
  private static final String CONTENT_TYPE = "--content-type";
  private static final String CONTENT_ENCODING = "--content-encoding";
  private static final String TO = "--to";
  private static final String CA_FILE = "--ca-file";
  private static final Set<String> OWN =
      Set.of(JOB, GROUPING, METHOD, CONTENT_TYPE, CONTENT_ENCODING, TO, CA_FILE);

  private static final String USAGE =
      """
      usage: silverback check-push FILE [<flags>]

      Says whether a push of FILE would be taken, and what is
      wrong with it. FILE may be - for the standard input.

        --job=NAME               the job of the push, if there is
                                 no --grouping (default: check)
        --grouping=PATH          its path after /metrics/, such as
                                 job/backup/instance/db-1
        --method=PUT             PUT or POST
        --content-type=TYPE      of a body that is not text
        --content-encoding=NAME  gzip or snappy
        --to=URL                 asks this server, which has to be
                                 started with --web.enable-admin-api
        --ca-file=FILE           certificates to trust for https

      Without --to no server is asked: the body, the path, the
      rewrite rules and the limits of requests are looked at, and
      not what is stored. Name the flags that the server gets on
      its command line, too: the environment counts as well.

      Ends with 0 if the push would be taken, 1 if it would be
      refused, 2 if the command was wrongly used or the server
      does not say.
      """;

  private final String file;
  private final Map<String, String> own;
  private final List<String> serverFlags;
  private final PrintStream output;

  private CheckPush(
      String file, Map<String, String> own, List<String> serverFlags, PrintStream output) {
    this.file = file;
    this.own = own;
    this.serverFlags = serverFlags;
    this.output = output;
  }

  /** True if these arguments of the process ask for it. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && arguments.getFirst().equals(COMMAND);
  }

  /**
   * Checks a push and returns the exit code.
   *
   * @param arguments the name of the command, the file, then flags of the command and of the server
   */
  public static int run(
      List<String> arguments,
      Map<String, String> environment,
      InputStream input,
      PrintStream output,
      PrintStream errors) {
    List<String> given = arguments.subList(1, arguments.size());
    if (given.stream().anyMatch(HELP_WORDS::contains)) {
      output.print(USAGE);
      return ExitCode.FINE;
    }
    if (given.isEmpty()) {
      errors.print(USAGE);
      return ExitCode.WRONG_USAGE;
    }
    try {
      return of(given, output).check(environment, input);
    } catch (AdminException | StartUpException | UnreachedException e) {
      errors.println(COMMAND + ": error: " + e.getMessage());
    } catch (IOException | InvalidPathException e) {
      errors.println(COMMAND + ": error: cannot read the body: " + e);
    }
    return ExitCode.WRONG_USAGE;
  }

  private static CheckPush of(List<String> given, PrintStream output) {
    var own = new HashMap<String, String>();
    var others = new ArrayList<String>();
    var left = given.subList(1, given.size()).iterator();
    while (left.hasNext()) {
      String argument = left.next();
      String[] parts = argument.split("=", 2);
      if (!OWN.contains(parts[0])) {
        others.add(argument);
      } else if (parts.length == 2) {
        own.put(parts[0], parts[1]);
      } else if (left.hasNext()) {
        own.put(parts[0], left.next());
      } else {
        throw AdminException.wrongUsage(parts[0] + " needs a value");
      }
    }
    return new CheckPush(given.getFirst(), own, others, output);
  }

  private int check(Map<String, String> environment, InputStream input)
      throws IOException, UnreachedException {
    String method = own.getOrDefault(METHOD, "PUT");
    if (!method.equals("PUT") && !method.equals("POST")) {
      throw AdminException.wrongUsage(METHOD + " must be PUT or POST");
    }
    String path =
        own.containsKey(GROUPING)
            ? checked(own.getOrDefault(GROUPING, ""))
            : "job@base64/" + base64(own.getOrDefault(JOB, "check"));
    if (own.containsKey(TO)) {
      if (!serverFlags.isEmpty()) {
        throw AdminException.wrongUsage("unexpected with --to: " + serverFlags.getFirst());
      }
      return ask(method, path, read(input, Integer.MAX_VALUE - 8));
    }
    if (!(Flags.parse(serverFlags, environment) instanceof Flags.Request.Serve serve)) {
      throw AdminException.wrongUsage("unexpected: " + String.join(" ", serverFlags));
    }
    GatewayConfig config = serve.config();
    // One byte more than may be sent is enough to refuse it.
    byte[] body = read(input, config.endpoints().limits().maxBodyBytes() + 1L);
    return print(
        PushCheck.offline(
            config.endpoints(),
            config.live()::rewrite,
            path,
            body,
            own.getOrDefault(CONTENT_ENCODING, ""),
            own.getOrDefault(CONTENT_TYPE, "")));
  }

  /** The path as it is, if it may be part of a URL. */
  private static String checked(String path) {
    try {
      URI url = URI.create("http://host/" + path);
      if (url.getRawQuery() == null && url.getRawFragment() == null) {
        return path;
      }
    } catch (IllegalArgumentException _) {
      // The same answer as to a path with a query.
    }
    throw AdminException.wrongUsage(
        GROUPING + " must be a path such as job/backup/instance/db-1, percent-encoded");
  }

  /** Any name fits into a path that way. */
  private static String base64(String name) {
    return Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  private byte[] read(InputStream input, long most) throws IOException {
    int bytes = (int) Math.min(most, Integer.MAX_VALUE - 8);
    if (file.equals("-")) {
      return input.readNBytes(bytes);
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return in.readNBytes(bytes);
    }
  }

  private int print(PushCheck.Offline checked) {
    Answer answer = checked.answer();
    answer.faults().forEach(this::print);
    if (answer.status() == 0) {
      output.println(
          "ok: group=%s families=%d"
              .formatted(Table.printable(checked.group()), checked.families()));
      return ExitCode.FINE;
    }
    return refused(answer.status(), answer.faults().isEmpty() ? answer.reason() : "");
  }

  private void print(Fault fault) {
    print(fault.line(), fault.column(), fault.cause(), fault.hint());
  }

  private void print(long line, long column, String cause, String hint) {
    String place = line > 0 ? ":" + line + ":" + column : "";
    output.println(Table.printable(file + place + ": " + cause));
    if (!hint.isEmpty()) {
      output.println("  hint: " + hint);
    }
  }

  private int refused(long status, String reason) {
    output.println("refused: status=" + status);
    reason.lines().filter(line -> !line.isEmpty()).map(Table::printable).forEach(output::println);
    return ExitCode.FAILED;
  }

  private int ask(String method, String path, byte[] body) throws UnreachedException {
    var headers = new HashMap<String, String>();
    Optional.ofNullable(own.get(CONTENT_TYPE)).ifPresent(it -> headers.put("Content-Type", it));
    Optional.ofNullable(own.get(CONTENT_ENCODING))
        .ifPresent(it -> headers.put("Content-Encoding", it));
    URI url = Options.address(TO, own.getOrDefault(TO, ""));
    try (var server = new Server(url, Trust.of(own.getOrDefault(CA_FILE, "")))) {
      Server.Answer answer =
          server.send(
              method,
              "/api/v1/admin/dry_run/" + path,
              HttpRequest.BodyPublishers.ofByteArray(body),
              headers,
              PATIENCE);
      String text = new String(answer.body(), StandardCharsets.UTF_8);
      if (!answer.isSuccess()) {
        throw new UnreachedException(
            "the server refuses to say, was it started with --web.enable-admin-api? status="
                + answer.status()
                + " body="
                + Table.printable(text.strip()));
      }
      return print(Json.parse(answer.body()).at("data"));
    } catch (IOException _) {
      throw new UnreachedException("the server answers what is no JSON, change --to");
    }
  }

  private int print(Json verdict) {
    for (Json fault : verdict.at("faults").elements()) {
      print(
          fault.at("line").number(),
          fault.at("column").number(),
          fault.at("cause").text(),
          fault.at("hint").text());
    }
    if (verdict.at("taken").isTrue()) {
      output.println(
          "ok: families=%d series=%d"
              .formatted(verdict.at("families_in_all").number(), verdict.at("series").number()));
      return ExitCode.FINE;
    }
    boolean hasFaults = !verdict.at("faults").elements().isEmpty();
    return refused(verdict.at("status").number(), hasFaults ? "" : verdict.at("reason").text());
  }
}
