package io.silverback.server.config;

import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.server.remotewrite.RelabelText;
import io.silverback.server.remotewrite.Relabeling;
import io.silverback.server.remotewrite.RemoteWriteConfig;
import io.silverback.server.remotewrite.RemoteWriteConfig.Credentials;
import io.silverback.server.remotewrite.RemoteWriteConfig.IdentityFiles;
import io.silverback.server.remotewrite.RemoteWriteConfig.Metadata;
import io.silverback.server.remotewrite.RemoteWriteConfig.Queue;
import io.silverback.server.remotewrite.RemoteWriteConfig.Tls;
import io.silverback.server.remotewrite.Secret;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlSection;
import io.silverback.server.yaml.YamlValue.Text;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the section with the targets of remote write, whose keys and defaults are those of a
 * Prometheus. A key that would change what is sent, and is not done here, is a fault.
 *
 * <p>Longer than other classes, as Prometheus has that many keys.
 */
final class RemoteWriteSection {
  private static final String URL = "url";
  private static final String NAME = "name";
  private static final String PROTOBUF_MESSAGE = "protobuf_message";
  private static final String REMOTE_TIMEOUT = "remote_timeout";
  private static final String HEADERS = "headers";
  private static final String RELABEL = "write_relabel_configs";
  private static final String BASIC_AUTH = "basic_auth";
  private static final String AUTHORIZATION = "authorization";
  private static final String BEARER_TOKEN = "bearer_token";
  private static final String BEARER_TOKEN_FILE = "bearer_token_file";
  private static final String TLS = "tls_config";
  private static final String CERT_FILE = "cert_file";
  private static final String KEY_FILE = "key_file";
  private static final String SERVER_NAME = "server_name";
  private static final String MIN_VERSION = "min_version";
  private static final String QUEUE = "queue_config";
  private static final String METADATA = "metadata_config";
  private static final String SEND = "send";
  private static final String FOLLOW_REDIRECTS = "follow_redirects";
  private static final String SEND_INTERVAL = "send_interval";
  private static final String MAX_SAMPLES_PER_SEND = "max_samples_per_send";

  private static final Set<String> KEYS =
      Set.of(
          URL,
          NAME,
          PROTOBUF_MESSAGE,
          REMOTE_TIMEOUT,
          HEADERS,
          RELABEL,
          BASIC_AUTH,
          AUTHORIZATION,
          BEARER_TOKEN,
          BEARER_TOKEN_FILE,
          TLS,
          QUEUE,
          METADATA,
          FOLLOW_REDIRECTS,
          ProxyChoice.URL,
          ProxyChoice.EXCEPT,
          ProxyChoice.FROM_ENVIRONMENT,
          "enable_http2",
          "send_exemplars",
          "send_native_histograms",
          "round_robin_dns");

  /** Known to Prometheus, and not done here. */
  private static final Set<String> NOT_DONE =
      Set.of("sigv4", "azuread", "oauth2", "google_iam", "proxy_connect_header", "http_headers");

  private static final Set<String> METADATA_KEYS =
      Set.of(SEND, SEND_INTERVAL, MAX_SAMPLES_PER_SEND);

  private static final Set<String> QUEUE_KEYS =
      Set.of(
          "capacity",
          "max_shards",
          "min_shards",
          MAX_SAMPLES_PER_SEND,
          "batch_send_deadline",
          "min_backoff",
          "max_backoff",
          "retry_on_http_429",
          "sample_age_limit");

  private static final Set<String> RELABEL_KEYS =
      Set.of(
          "source_labels",
          "separator",
          "regex",
          "modulus",
          "target_label",
          "replacement",
          "action");

  /** A header that the protocol or the client sets, in lower case. */
  private static final Set<String> RESERVED_HEADERS =
      Set.of(
          "authorization",
          "host",
          "content-encoding",
          "content-length",
          "content-type",
          "user-agent",
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "www-authenticate",
          "accept-encoding",
          "x-prometheus-remote-write-version",
          "x-prometheus-remote-read-version",
          "retry-attempt");

  private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final int MOST_TARGETS = 100;
  private static final int MOST_SHARDS = 1000;
  private static final int MOST_SAMPLES = 100_000;

  private final Faults faults;
  private final Relabeling.Builder relabeling = new Relabeling.Builder();

  private RemoteWriteSection(Faults faults) {
    this.faults = faults;
  }

  static List<RemoteWriteConfig> read(YamlSection root, String key, Faults faults) {
    return new RemoteWriteSection(faults).read(root, key);
  }

  private List<RemoteWriteConfig> read(YamlSection root, String key) {
    var targets = new ArrayList<RemoteWriteConfig>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < root.size(key); i++) {
      int index = i;
      Optional<YamlSection> item =
          faults.attempt(Optional.empty(), () -> Optional.of(root.item(key, index)));
      item.flatMap(section -> faults.attempt(Optional.empty(), () -> target(section)))
          .ifPresent(
              target -> {
                if (!names.add(target.name())) {
                  faults.add(item.get().fault(NAME, "another target has that name or url"));
                }
                targets.add(target);
              });
    }
    if (targets.size() > MOST_TARGETS) {
      faults.add(root.fault(key, "there are more targets than " + MOST_TARGETS));
    }
    return targets;
  }

  /** Reads each key although others are at fault, so that one look at a file finds all faults. */
  private Optional<RemoteWriteConfig> target(YamlSection section) {
    int known = faults.count();
    addUnknownKeys(section);
    var meaningless = new ArrayList<String>();
    refuseUndone(section, meaningless);
    WriteProtocol protocol = faults.attempt(WriteProtocol.V1, () -> protocol(section));
    Optional<URI> url = faults.attempt(Optional.empty(), () -> Optional.of(url(section)));
    Duration timeout =
        faults.attempt(
            USUAL_TIMEOUT, () -> duration(section, REMOTE_TIMEOUT, USUAL_TIMEOUT, SHORTEST));
    Map<String, String> headers = faults.attempt(Map.of(), () -> headers(section));
    Relabeling rules = relabeling(section);
    Credentials credentials = faults.attempt(new Credentials.None(), () -> credentials(section));
    Tls tls = faults.attempt(Tls.USUAL, () -> tls(section));
    Optional<InetSocketAddress> proxy =
        url.isEmpty()
            ? Optional.empty()
            : faults.attempt(
                Optional.empty(), () -> ProxyChoice.of(section, url.get(), System.getenv()));
    Metadata metadata = faults.attempt(Metadata.USUAL, () -> metadata(section));
    Queue queue = faults.attempt(Queue.USUAL, () -> queue(section, meaningless));
    if (faults.areMoreThan(known) || url.isEmpty()) {
      return Optional.empty();
    }
    String name = section.has(NAME) ? section.text(NAME) : nameOf(url.get());
    return Optional.of(
        new RemoteWriteConfig(
            name,
            url.get(),
            protocol,
            timeout,
            headers,
            rules,
            credentials,
            tls,
            proxy,
            metadata,
            queue,
            meaningless));
  }

  private void addUnknownKeys(YamlSection section) {
    for (String key : section.keys()) {
      if (NOT_DONE.contains(key)) {
        faults.add(section.fault(key, "is known to Prometheus, but not done here"));
      } else if (!KEYS.contains(key)) {
        faults.add(section.fault(key, "unknown key"));
      }
    }
  }

  private void refuseUndone(YamlSection section, List<String> meaningless) {
    refuseFlag(section, "send_exemplars", "exemplars are not sent");
    refuseFlag(section, "send_native_histograms", "native histograms are not sent");
    refuseFlag(section, FOLLOW_REDIRECTS, "redirects are not followed, name the last address");
    for (String key : List.of("enable_http2", "round_robin_dns")) {
      if (section.has(key)) {
        meaningless.add(key);
      }
    }
  }

  private void refuseFlag(YamlSection section, String key, String reason) {
    if (faults.attempt(false, () -> section.flag(key, false))) {
      faults.add(section.fault(key, reason));
    }
  }

  private static WriteProtocol protocol(YamlSection section) {
    if (!section.has(PROTOBUF_MESSAGE)) {
      return WriteProtocol.V1;
    }
    String given = section.text(PROTOBUF_MESSAGE);
    return Arrays.stream(WriteProtocol.values())
        .filter(protocol -> protocol.messageName().equals(given))
        .findFirst()
        .orElseThrow(
            () ->
                section.fault(
                    PROTOBUF_MESSAGE,
                    "expected "
                        + WriteProtocol.V1.messageName()
                        + " or "
                        + WriteProtocol.V2.messageName()));
  }

  private static Metadata metadata(YamlSection section) {
    YamlSection metadata = section.section(METADATA, METADATA_KEYS);
    Metadata usual = Metadata.USUAL;
    return new Metadata(
        metadata.flag(SEND, usual.isSent()),
        duration(metadata, SEND_INTERVAL, usual.interval(), SHORTEST),
        count(metadata, MAX_SAMPLES_PER_SEND, usual.familiesPerRequest(), MOST_SAMPLES));
  }

  private static URI url(YamlSection section) {
    if (!section.has(URL)) {
      throw section.fault("", "needs " + URL);
    }
    try {
      URI url = new URI(section.text(URL));
      boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!isHttp || url.getHost() == null) {
        throw section.fault(URL, "expected an address such as http://host:9090/api/v1/write");
      }
      if (url.getUserInfo() != null) {
        throw section.fault(URL, "must not hold a user, which belongs to " + BASIC_AUTH);
      }
      return url;
    } catch (URISyntaxException e) {
      throw section.fault(URL, "is no address: " + e.getReason());
    }
  }

  /** upstream: six digits that follow from the settings; here from the address alone. */
  private static String nameOf(URI url) {
    return String.format(Locale.ROOT, "%08x", url.toString().hashCode());
  }

  private static Duration duration(
      YamlSection section, String key, Duration usual, Duration shortest) {
    if (!section.has(key)) {
      return usual;
    }
    Duration given = section.duration(key);
    if (given.compareTo(shortest) < 0) {
      throw section.fault(key, "must be " + shortest.toMillis() + "ms or more");
    }
    return given;
  }

  private Map<String, String> headers(YamlSection section) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Map.Entry<String, Text> header : section.texts(HEADERS).entrySet()) {
      String name = header.getKey();
      YamlSection named = section.section(HEADERS);
      if (RESERVED_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
        throw named.fault(name, "is a header that the protocol sets");
      }
      try {
        HttpRequest.newBuilder().header(name, header.getValue().text());
      } catch (IllegalArgumentException e) {
        throw named.fault(name, "cannot be a header");
      }
      headers.put(name, header.getValue().text());
    }
    return headers;
  }

  private Relabeling relabeling(YamlSection section) {
    int size = faults.attempt(0, () -> section.size(RELABEL));
    for (int i = 0; i < size; i++) {
      int index = i;
      faults.attempt(
          Optional.empty(),
          () -> {
            YamlSection rule = section.item(RELABEL, index, RELABEL_KEYS);
            try {
              relabeling.add(text(rule));
            } catch (Relabeling.MalformedRelabelingException e) {
              throw rule.fault(e.key(), String.valueOf(e.getMessage()));
            }
            return Optional.empty();
          });
    }
    return relabeling.build();
  }

  private static RelabelText text(YamlSection rule) {
    return new RelabelText(
        rule.has("action")
            ? rule.text("action").toLowerCase(Locale.ROOT)
            : RelabelText.USUAL_ACTION,
        rule.list("source_labels").stream().map(Text::text).toList(),
        given(rule, "separator", RelabelText.USUAL_SEPARATOR),
        given(rule, "regex", RelabelText.USUAL_REGEX),
        rule.count("modulus"),
        rule.text("target_label"),
        given(rule, "replacement", RelabelText.USUAL_REPLACEMENT));
  }

  /** An empty text that is written counts, and is not the default. */
  private static String given(YamlSection section, String key, String usual) {
    return section.keys().contains(key) ? section.text(key) : usual;
  }

  private static Credentials credentials(YamlSection section) {
    List<String> ways =
        List.of(BASIC_AUTH, AUTHORIZATION, BEARER_TOKEN, BEARER_TOKEN_FILE).stream()
            .filter(section::has)
            .toList();
    if (ways.size() > 1) {
      throw section.fault(ways.get(1), "says nothing beside " + ways.getFirst());
    }
    if (ways.isEmpty()) {
      return new Credentials.None();
    }
    return switch (ways.getFirst()) {
      case BASIC_AUTH -> {
        YamlSection basic =
            section.section(
                BASIC_AUTH, Set.of("username", "username_file", "password", "password_file"));
        yield new Credentials.Basic(secret(basic, "username"), secret(basic, "password"));
      }
      case AUTHORIZATION -> {
        YamlSection given =
            section.section(AUTHORIZATION, Set.of("type", "credentials", "credentials_file"));
        String scheme = given(given, "type", "Bearer");
        if (scheme.equalsIgnoreCase("basic")) {
          throw given.fault("type", "must not be Basic, which " + BASIC_AUTH + " is for");
        }
        yield new Credentials.Authorization(scheme, secret(given, "credentials"));
      }
      default -> new Credentials.Authorization("Bearer", secret(section, BEARER_TOKEN));
    };
  }

  /** A text, or the name of the file that it is in. */
  private static Secret secret(YamlSection section, String key) {
    String inFile = key + "_file";
    if (section.has(key) && section.has(inFile)) {
      throw section.fault(inFile, "says nothing beside " + key);
    }
    return section.has(inFile)
        ? Secret.in(path(section, inFile))
        : Secret.of(section.has(key) ? section.text(key) : "");
  }

  private static Path path(YamlSection section, String key) {
    try {
      return Path.of(section.text(key));
    } catch (InvalidPathException _) {
      throw section.fault(key, "is not the path of a file");
    }
  }

  private Tls tls(YamlSection section) {
    YamlSection tls = section.section(TLS);
    for (String key : tls.keys()) {
      switch (key) {
        case "ca_file", "insecure_skip_verify", CERT_FILE, KEY_FILE, SERVER_NAME, MIN_VERSION -> {}
        case "ca", "cert", "key", "max_version", "cert_ref", "key_ref", "ca_ref" ->
            faults.add(tls.fault(key, "is known to Prometheus, but not done here"));
        default -> faults.add(tls.fault(key, "unknown key"));
      }
    }
    if (tls.has(CERT_FILE) != tls.has(KEY_FILE)) {
      throw tls.fault("", "needs both " + CERT_FILE + " and " + KEY_FILE + ", or neither");
    }
    return new Tls(
        tls.has("ca_file") ? Optional.of(path(tls, "ca_file")) : Optional.empty(),
        tls.flag("insecure_skip_verify", false),
        tls.has(CERT_FILE)
            ? Optional.of(new IdentityFiles(path(tls, CERT_FILE), path(tls, KEY_FILE)))
            : Optional.empty(),
        tls.has(SERVER_NAME) ? Optional.of(tls.text(SERVER_NAME)) : Optional.empty(),
        tls.has(MIN_VERSION) ? versionsFrom(tls) : List.of());
  }

  private static List<String> versionsFrom(YamlSection tls) {
    return switch (tls.text(MIN_VERSION)) {
      case "TLS12" -> List.of("TLSv1.2", "TLSv1.3");
      case "TLS13" -> List.of("TLSv1.3");
      default ->
          throw tls.fault(MIN_VERSION, "expected TLS12 or TLS13; older ones are not done here");
    };
  }

  private Queue queue(YamlSection section, List<String> meaningless) {
    YamlSection queue = section.section(QUEUE, QUEUE_KEYS);
    Queue usual = Queue.USUAL;
    if (queue.has("capacity")) {
      meaningless.add(QUEUE + ".capacity");
    }
    int most = count(queue, "max_shards", usual.mostShards(), MOST_SHARDS);
    int fewest = count(queue, "min_shards", Math.min(most, usual.fewestShards()), MOST_SHARDS);
    if (fewest > most) {
      throw queue.fault("min_shards", "must not be above max_shards");
    }
    Duration shortest = duration(queue, "min_backoff", usual.shortestBackoff(), SHORTEST);
    Duration longest = duration(queue, "max_backoff", usual.longestBackoff(), SHORTEST);
    if (shortest.compareTo(longest) > 0) {
      throw queue.fault("min_backoff", "must not be above max_backoff");
    }
    return new Queue(
        fewest,
        most,
        count(queue, MAX_SAMPLES_PER_SEND, usual.samplesPerRequest(), MOST_SAMPLES),
        duration(queue, "batch_send_deadline", usual.interval(), SHORTEST),
        shortest,
        longest,
        queue.flag("retry_on_http_429", usual.retriesTooMany()),
        queue.duration("sample_age_limit"));
  }

  private static int count(YamlSection section, String key, int usual, int most) {
    if (!section.has(key)) {
      return usual;
    }
    int given = section.count(key);
    if (given < 1 || given > most) {
      throw section.fault(key, "must be from 1 to " + most);
    }
    return given;
  }
}
