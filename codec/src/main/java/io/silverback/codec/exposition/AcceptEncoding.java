package io.silverback.codec.exposition;

/**
 * Reads an Accept-Encoding header as client_golang's scrape handler does.
 *
 * <p>A position in the header and what was read there; used once.
 */
public final class AcceptEncoding {
  private static final String SEPARATORS = " \t\"(),/:;<=>?@[]\\{}";

  private final String header;
  private int at;

  private AcceptEncoding(String header) {
    this.header = header;
  }

  /**
   * True if the answer shall be compressed with gzip.
   *
   * <p>upstream: identity is offered first and wins a tie, so {@code *} or {@code gzip, identity}
   * get plain bytes. What follows the first clause that makes no sense is ignored.
   *
   * @param header the header, empty if there is none
   */
  public static boolean acceptsGzip(String header) {
    var reader = new AcceptEncoding(header);
    double identity = -1;
    double gzip = -1;
    while (true) {
      String coding = reader.readCoding();
      double quality = reader.readQuality();
      if (coding.isEmpty() || quality < 0) {
        break;
      }
      if (coding.equals("*") || coding.equals("identity")) {
        identity = Math.max(identity, quality);
      }
      if (coding.equals("*") || coding.equals("gzip")) {
        gzip = Math.max(gzip, quality);
      }
      if (!reader.skip(',')) {
        break;
      }
    }
    return gzip > identity && gzip > 0;
  }

  private String readCoding() {
    int from = at;
    while (at < header.length() && isTokenOrSlash(header.charAt(at))) {
      at++;
    }
    return header.substring(from, at);
  }

  /** The quality after a coding, 1 without one; negative if it cannot be read. */
  private double readQuality() {
    if (!skip(';')) {
      return 1;
    }
    if (!header.startsWith("q=", at)) {
      return -1;
    }
    at += 2;
    if (at == header.length() || (header.charAt(at) != '0' && header.charAt(at) != '1')) {
      return -1;
    }
    double quality = header.charAt(at++) - '0';
    if (at < header.length() && header.charAt(at) == '.') {
      at++;
      double place = 1;
      while (at < header.length() && isDigit(header.charAt(at))) {
        place /= 10;
        quality += place * (header.charAt(at++) - '0');
      }
    }
    return quality;
  }

  /** Moves over a character and the blanks around it; only over the blanks if it is another. */
  private boolean skip(char separator) {
    skipBlanks();
    if (at == header.length() || header.charAt(at) != separator) {
      return false;
    }
    at++;
    skipBlanks();
    return true;
  }

  private void skipBlanks() {
    while (at < header.length() && " \t\r\n".indexOf(header.charAt(at)) >= 0) {
      at++;
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isTokenOrSlash(char c) {
    return c == '/' || (c > ' ' && c < 0x7f && SEPARATORS.indexOf(c) < 0);
  }
}
