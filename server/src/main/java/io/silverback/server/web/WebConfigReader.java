package io.silverback.server.web;

import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.YamlDocument;
import io.silverback.server.yaml.YamlSection;
import io.silverback.server.yaml.YamlValue.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the web configuration file of Prometheus' exporter toolkit, version 0.16.
 *
 * <p>The files that it names are not read. A password hash of a wrong form is let through, since it
 * only shuts out its user; {@link WebConfigFile#open} refuses it at the start.
 */
public final class WebConfigReader {
  private static final Set<String> ROOT_KEYS =
      Set.of("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit");
  private static final Set<String> HTTP_KEYS = Set.of("http2", "headers");
  private static final Set<String> RATE_KEYS = Set.of("interval", "burst");

  /** The headers that may be set, each with its allowed values; none listed means any. */
  private static final Map<String, List<String>> HEADERS =
      Map.of(
          "Strict-Transport-Security", List.of(),
          "X-Content-Type-Options", List.of("nosniff"),
          "X-Frame-Options", List.of("deny", "sameorigin"),
          "X-XSS-Protection", List.of(),
          "Content-Security-Policy", List.of());

  private WebConfigReader() {}

  /**
   * Reads the bytes of a file; relative names in it are taken relative to the file's folder.
   *
   * @throws ConfigException if the bytes are no YAML, hold an unknown key or a bad value
   */
  public static WebConfig read(Path file, byte[] content) {
    YamlSection root = YamlSection.root(file, YamlDocument.read(file, content), ROOT_KEYS);
    return new WebConfig(
        TlsSettingsReader.read(file, root),
        readHttp(root.section("http_server_config", HTTP_KEYS)),
        readUsers(root),
        readRate(root.section("rate_limit", RATE_KEYS)));
  }

  /** The parts of a file, each of which throws a {@link ConfigException} if it is at fault. */
  static List<Runnable> sections(Path file, YamlSection root) {
    var sections = new ArrayList<Runnable>();
    for (String key : root.keys()) {
      if (!ROOT_KEYS.contains(key)) {
        sections.add(
            () -> {
              throw root.fault(key, "unknown key");
            });
      }
    }
    sections.add(() -> TlsSettingsReader.read(file, root));
    sections.add(() -> readHttp(root.section("http_server_config", HTTP_KEYS)));
    sections.add(() -> readRate(root.section("rate_limit", RATE_KEYS)));
    sections.add(() -> readUsers(root));
    try {
      readUsers(root)
          .forEach(
              (name, hash) ->
                  sections.add(() -> WebConfigFile.requireWellFormed(file, name, hash)));
    } catch (ConfigException e) {
      // The section of users throws it again.
    }
    return sections;
  }

  private static WebConfig.Http readHttp(YamlSection http) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (var header : http.texts("headers").entrySet()) {
      String name = header.getKey();
      Text value = header.getValue();
      List<String> allowed = HEADERS.get(name);
      if (allowed == null) {
        throw http.fault("headers." + name, "HTTP header can not be configured", value);
      }
      if (!allowed.isEmpty() && !allowed.contains(value.text())) {
        String values = String.join(" or ", allowed);
        throw http.fault(
            "headers." + name, "invalid value, expected " + values + " but got", value);
      }
      if (value.text().chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
        throw http.fault("headers." + name, "control character in header value", value);
      }
      headers.put(name, value.text());
    }
    return new WebConfig.Http(http.flag("http2", true), headers);
  }

  private static Map<String, PasswordHash> readUsers(YamlSection root) {
    Map<String, PasswordHash> users = new LinkedHashMap<>();
    root.texts("basic_auth_users")
        .forEach((name, hash) -> users.put(name, new PasswordHash(hash.text(), hash.line())));
    return users;
  }

  private static WebConfig.Rate readRate(YamlSection rate) {
    return new WebConfig.Rate(rate.duration("interval"), rate.count("burst"));
  }
}
