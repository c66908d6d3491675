package io.silverback.server.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Requests that are sent over one connection without a wait for their answers.
 *
 * @param unlikeUpstream why Pushgateway 1.5.1 answers otherwise; empty where it answers the same
 */
public record WireCase(String name, List<WireRequest> requests, String unlikeUpstream) {

  static WireCase of(String name, WireRequest... requests) {
    return new WireCase(name, List.of(requests), "");
  }

  WireCase unlikeUpstream(String reason) {
    return new WireCase(name, requests, reason);
  }

  /** The requests with the names of their jobs. */
  List<Named> named(String prefix) {
    var named = new ArrayList<Named>();
    for (WireRequest request : requests) {
      String job = prefix + (char) ('a' + named.size());
      String bytes = request.bytes().replace(WireRequest.JOB, job);
      named.add(new Named(request, job, bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }
    return named;
  }

  int length() {
    return requests.stream().mapToInt(request -> request.bytes().length()).sum();
  }

  /** The name as a report can show it. */
  @Override
  public String toString() {
    return name.chars()
        .mapToObj(c -> c < ' ' || c > '~' ? "\\x%02x".formatted(c) : Character.toString(c))
        .collect(Collectors.joining());
  }

  /** A request to a job of its own. */
  record Named(WireRequest request, String job, byte[] bytes) {}
}
