package io.silverback.codec.exposition;

import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A Content-Type header (RFC 9110, section 8.3): a media type and its parameters, whose names are
 * in lower case.
 */
public record ContentType(String mediaType, Map<String, String> parameters) {
  public ContentType {
    parameters = Collections.unmodifiableMap(new HashMap<>(parameters));
  }

  /** The header's content; empty if it is malformed or names a parameter twice. */
  public static Optional<ContentType> parse(String header) {
    int end = header.indexOf(';');
    String mediaType = (end < 0 ? header : header.substring(0, end)).strip();
    var parameters = new HashMap<String, String>();
    int at = end < 0 ? header.length() : end;
    while (at < header.length()) {
      at = skipBlanks(header, at + 1);
      int equals = header.indexOf('=', at);
      if (at == header.length()) {
        break;
      }
      if (equals < 0) {
        return Optional.empty();
      }
      String name = header.substring(at, equals).strip().toLowerCase(Locale.ROOT);
      var value = new StringBuilder();
      at = readValue(header, skipBlanks(header, equals + 1), value);
      if (at < 0 || name.isEmpty() || parameters.put(name, value.toString()) != null) {
        return Optional.empty();
      }
    }
    return mediaType.isEmpty()
        ? Optional.empty()
        : Optional.of(new ContentType(mediaType.toLowerCase(Locale.ROOT), parameters));
  }

  /** True for metric families as length-delimited protobuf messages. */
  public boolean isDelimitedProtobuf() {
    return mediaType.equals("application/vnd.google.protobuf")
        && "io.prometheus.client.MetricFamily".equals(parameters.get("proto"))
        && "delimited".equals(parameters.get("encoding"));
  }

  /** Reads a token or a quoted string, and returns where the next semicolon is, or -1. */
  private static int readValue(String header, int start, StringBuilder value) {
    int at = start;
    if (at < header.length() && header.charAt(at) == '"') {
      at++;
      while (at < header.length() && header.charAt(at) != '"') {
        if (header.charAt(at) == '\\' && at + 1 < header.length()) {
          at++;
        }
        value.append(header.charAt(at++));
      }
      if (at == header.length()) {
        return -1;
      }
      at = skipBlanks(header, at + 1);
      return at == header.length() || header.charAt(at) == ';' ? at : -1;
    }
    int end = header.indexOf(';', at);
    end = end < 0 ? header.length() : end;
    value.append(header.substring(at, end).strip());
    return value.isEmpty() ? -1 : end;
  }

  private static int skipBlanks(String header, int start) {
    int at = start;
    while (at < header.length() && (header.charAt(at) == ' ' || header.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }
}
