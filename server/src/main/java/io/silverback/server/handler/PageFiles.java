package io.silverback.server.handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.silverback.codec.exposition.AcceptEncoding;
import io.silverback.server.http.BrowserRules;
import io.silverback.server.http.PlainText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The style, the scripts and the icon of the web page, as they are in the jar. Immutable.
 *
 * <p>All of them are in a folder that is named after a digest of them all, so that they can link to
 * one another by their names and a browser may keep them for ever.
 */
final class PageFiles {
  private static final String FOLDER = "/static/";
  private static final int VERSION_BYTES = 8;

  /** Each script is loaded at once, so that no script waits for another that imports it. */
  private static final List<String> SCRIPTS =
      List.of(
          "app.js",
          "api.js",
          "attention.js",
          "cardinality.js",
          "cluster.js",
          "dom.js",
          "format.js",
          "group.js",
          "groups.js",
          "parts.js",
          "plot.js",
          "status.js",
          "try.js");

  private static final String STYLE = "style.css";
  private static final String ICON = "icon.svg";

  private static final Map<String, String> TYPES =
      Map.of(
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml");

  private static final Header FOR_EVER =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");
  private static final Header NOT_KEPT =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
  private static final Header VARIES =
      HeaderValues.createCached(HeaderNames.VARY, "Accept-Encoding");

  private final Map<String, PageFile> files = new LinkedHashMap<>();
  private final String version;

  private record PageFile(String type, byte[] plain, byte[] gzip) {}

  /** Reads and compresses all files. */
  PageFiles() {
    MessageDigest digest = sha256();
    SCRIPTS.forEach(name -> add(name, digest));
    add(STYLE, digest);
    add(ICON, digest);
    version = HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), VERSION_BYTES));
  }

  /** The path of the endpoint. */
  static String path() {
    return FOLDER + ":version/:name";
  }

  private void add(String name, MessageDigest digest) {
    byte[] plain = read(name);
    digest.update(name.getBytes(UTF_8));
    digest.update(plain);
    String type = TYPES.getOrDefault(name.substring(name.indexOf('.') + 1), "text/plain");
    files.put(name, new PageFile(type, plain, gzip(plain)));
  }

  private static byte[] read(String name) {
    try (InputStream in = PageFiles.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException("a file of the page is missing: name=" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("a file of the page is unreadable: name=" + name, e);
    }
  }

  private static byte[] gzip(byte[] plain) {
    var packed = new ByteArrayOutputStream();
    try (var out = new BestGzip(packed)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
    return packed.toByteArray();
  }

  /** Compresses as well as it can, as that is done but once. */
  private static final class BestGzip extends GZIPOutputStream {
    private BestGzip(ByteArrayOutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=SHA-256", e);
    }
  }

  /**
   * What the head of the page links to them with.
   *
   * @param prefix before all paths, as browsers see it
   */
  String links(String prefix) {
    var links = new StringBuilder();
    String folder = prefix + FOLDER + version + "/";
    links.append("<link rel=\"icon\" href=\"%s\">\n".formatted(folder + ICON));
    links.append("<link rel=\"stylesheet\" href=\"%s\">\n".formatted(folder + STYLE));
    for (String script : SCRIPTS.subList(1, SCRIPTS.size())) {
      links.append("<link rel=\"modulepreload\" href=\"%s\">\n".formatted(folder + script));
    }
    return links
        .append(
            "<script type=\"module\" src=\"%s\"></script>\n".formatted(folder + SCRIPTS.getFirst()))
        .toString();
  }

  /**
   * Answers with a file. One of another version is answered, too, as the page may be of another
   * server after the same proxy, but no cache may keep it under that name.
   */
  Endpoint endpoint() {
    return (request, response, parameters) -> {
      PageFile file = files.get(parameters.get(1));
      if (file == null) {
        PlainText.error(request, response, 404, "404 page not found");
        return;
      }
      boolean gzip =
          AcceptEncoding.acceptsGzip(
              request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse(""));
      BrowserRules.addForData(response);
      response.header(parameters.getFirst().equals(version) ? FOR_EVER : NOT_KEPT);
      response.header(VARIES);
      response.header(HeaderNames.CONTENT_TYPE, file.type());
      if (gzip) {
        response.header(HeaderNames.CONTENT_ENCODING, "gzip");
      }
      response.status(200).send(gzip ? file.gzip() : file.plain());
    };
  }
}
