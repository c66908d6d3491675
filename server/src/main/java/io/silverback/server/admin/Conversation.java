package io.silverback.server.admin;

import io.silverback.server.admin.Server.Answer;
import io.silverback.server.admin.Server.UnreachedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Requests to a server, and what its answers mean. Not thread-safe. */
final class Conversation {
  private static final String API = "/api/v1/cluster";

  private final Server server;

  Conversation(Server server) {
    this.server = server;
  }

  /**
   * An answer that is not a refusal.
   *
   * @param raw as the server sent it
   * @param data what the envelope has
   */
  record Reply(int status, byte[] raw, Json data) {}

  /**
   * Sends a request.
   *
   * @param path what follows {@code /api/v1/cluster}
   * @throws UnreachedException if it may be answered later
   * @throws AdminException if the server refuses it
   */
  Reply ask(String method, String path, Duration most) throws UnreachedException {
    Answer answer = server.send(method, API + path, most);
    if (answer.isSuccess()) {
      return new Reply(answer.status(), answer.body(), data(answer));
    }
    String reason = reason(answer);
    switch (answer.status()) {
      case 429, 503 -> throw new UnreachedException(reason);
      case 401 ->
          throw failed(
              "the server does not let us in, put user:password@ before the host in --url");
      case 404, 405 -> throw failed(reason.isEmpty() ? missing(method) : reason);
      default -> throw failed(reason + " (status " + answer.status() + ")");
    }
  }

  /** The same for a command that does not wait. */
  Reply demand(String method, String path, Duration most) {
    try {
      return ask(method, path, most);
    } catch (UnreachedException e) {
      throw failed(String.valueOf(e.getMessage()));
    }
  }

  AdminException failed(String reason) {
    return AdminException.failed(server + ": " + reason);
  }

  private static String missing(String method) {
    return method.equals("GET")
        ? "the server has no such endpoint, change --url, or update the server"
        : "the server takes no such command, start it with --web.enable-admin-api";
  }

  private Json data(Answer answer) {
    try {
      Json whole = Json.parse(answer.body());
      if (whole.at("status").text().equals("success")) {
        return whole.at("data");
      }
    } catch (IOException _) {
      // The same answer as to JSON of something else.
    }
    throw failed("what answers is no Silverback, change --url");
  }

  /** What the server says about its refusal; empty if that is a page of the server's router. */
  private static String reason(Answer answer) {
    try {
      return Table.printable(Json.parse(answer.body()).at("error").text());
    } catch (IOException _) {
      String text = new String(answer.body(), StandardCharsets.UTF_8).strip();
      boolean isOfRouter = answer.status() == 404 || answer.status() == 405;
      return isOfRouter ? "" : Table.printable(text);
    }
  }
}
