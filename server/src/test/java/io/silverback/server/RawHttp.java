package io.silverback.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A client that sends a request exactly as written: no other leaves paths and methods alone. */
public final class RawHttp {
  private final int port;

  public RawHttp(int port) {
    this.port = port;
  }

  /** One answer; header names are matched in any case. */
  public record Answer(int status, List<String> headerLines, String text) {
    public Optional<String> header(String name) {
      return headerLines.stream()
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst();
    }
  }

  public Answer send(String method, String path, String body, String... headerLines)
      throws IOException {
    return send(method, path, body.getBytes(StandardCharsets.UTF_8), headerLines);
  }

  public Answer send(String method, String path, byte[] body, String... headerLines)
      throws IOException {
    var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (String line : headerLines) {
      head.append(line).append("\r\n");
    }
    head.append("Connection: close\r\nContent-Length: ").append(body.length).append("\r\n\r\n");
    var request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
    request.writeBytes(body);
    return exchange(request.toByteArray());
  }

  /** Sends these bytes, and takes all that comes until the server closes for the answer. */
  public Answer exchange(byte[] request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      try {
        socket.getOutputStream().write(request);
      } catch (SocketException _) {
        // A server that refuses a body need not read it to its end. What it said first is here.
      }
      return parse(socket.getInputStream().readAllBytes());
    }
  }

  private static Answer parse(byte[] answer) throws IOException {
    String text = new String(answer, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new SocketException("closed before the answer: text=" + text);
    }
    List<String> lines = text.substring(0, end).lines().toList();
    byte[] body = Arrays.copyOfRange(answer, end + 4, answer.length);
    boolean chunked =
        lines.stream().anyMatch(line -> line.equalsIgnoreCase("Transfer-Encoding: chunked"));
    // The status line: HTTP/1.1 200 OK
    int status = Integer.parseInt(lines.getFirst().substring(9, 12));
    String content = new String(chunked ? unchunk(body) : body, StandardCharsets.UTF_8);
    return new Answer(status, lines, content);
  }

  private static byte[] unchunk(byte[] body) throws IOException {
    var joined = new ByteArrayOutputStream();
    String text = new String(body, StandardCharsets.ISO_8859_1);
    int at = 0;
    while (true) {
      int lineEnd = text.indexOf("\r\n", at);
      int size = Integer.parseInt(text.substring(at, lineEnd).strip(), 16);
      if (size == 0) {
        return joined.toByteArray();
      }
      joined.write(body, lineEnd + 2, size);
      at = lineEnd + 2 + size + 2;
    }
  }
}
