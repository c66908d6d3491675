package io.silverback.server.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silverback.server.flags.Flags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Without a cluster: what Helm renders, and what Kubernetes and Silverback take of it. {@code
 * -Dmanifests=write} writes the manifests anew.
 */
final class ChartTest {
  private static final Path MANIFESTS = Chart.KUBERNETES.resolve("manifests");
  private static final String CLUSTER = "replicaCount: 3\n";
  private static final String USERS = "webConfiguration: {basicAuthUsers: {ada: secret}}\n";

  /** Each value name of the chart of the community that means the same here. */
  private static final String THEIRS =
      """
      nameOverride: ""
      namespaceOverride: elsewhere
      global: {imageRegistry: registry.example, imagePullSecrets: [{name: pull}]}
      image: {registry: "", repository: team/silverback, tag: v9, pullPolicy: Always}
      imagePullSecrets: [{name: pull}]
      service: {type: NodePort, port: 80, targetPort: 9191, nodePort: 32100, portName: web,
        ipDualStack: {enabled: true, ipFamilies: [IPv6, IPv4], ipFamilyPolicy: PreferDualStack},
        loadBalancerSourceRanges: [10.0.0.0/8]}
      automountServiceAccountToken: true
      deploymentAnnotations: {of: deployment}
      podAnnotations: {of: pod}
      podLabels: {of: pod}
      serviceAnnotations: {of: service}
      serviceLabels: {of: service}
      serviceAccountLabels: {of: account}
      persistentVolumeLabels: {of: volume}
      extraVars: [{name: A, value: b}]
      extraArgs: [--persistence.file=/keep/pushgateway.data, --persistence.interval=5m]
      extraInitContainers: [{name: before, image: busybox}]
      extraContainers: [{name: proxy, image: proxy, ports: [{containerPort: 9092, name: proxy}]}]
      resources: {limits: {cpu: 1, memory: 1Gi}, requests: {memory: 1Gi}}
      webConfiguration: {basicAuthUsers: {ada: secret}}
      liveness: {enabled: true, probe: {initialDelaySeconds: 3, httpGet: {path: /-/healthy, port: 9091}}}
      readiness: {enabled: false}
      serviceAccount: {create: true, name: account}
      ingress: {enabled: true, className: nginx, path: /, pathType: Prefix, hosts: [push.example],
        annotations: {of: ingress}, tls: [{secretName: t, hosts: [push.example]}],
        extraPaths: [{path: /x, pathType: Prefix, backend: {service: {name: x, port: {number: 1}}}}]}
      tolerations: [{effect: NoSchedule, operator: Exists}]
      nodeSelector: {disk: ssd}
      replicaCount: 3
      hostAliases: [{ip: 127.0.0.1, hostnames: [a]}]
      runAsStatefulSet: false
      strategy: {type: Recreate}
      securityContext: {runAsUser: 65534, fsGroup: 65534, runAsNonRoot: true}
      containerSecurityContext: {runAsNonRoot: true}
      affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
      podAntiAffinity: hard
      podAntiAffinityTopologyKey: zone
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
      serviceMonitor: {enabled: true, namespace: monitoring, telemetryPath: /metrics, interval: 15s,
        scrapeTimeout: 9s, scheme: https, tlsConfig: {insecureSkipVerify: true}, honorLabels: true,
        bearerTokenFile: /token, additionalLabels: {release: prometheus},
        metricRelabelings: [{action: drop, regex: x, sourceLabels: [__name__]}],
        relabelings: [{action: replace, targetLabel: site, replacement: here}]}
      podDisruptionBudget: {minAvailable: 2}
      priorityClassName: high
      persistentVolume: {enabled: true, accessModes: [ReadWriteOncePod], annotations: {of: claim},
        mountPath: /keep, size: 3Gi, storageClass: "-", subPath: sub}
      extraVolumes: [{name: extra, emptyDir: {}}]
      extraVolumeMounts: [{name: extra, mountPath: /extra, readOnly: true}]
      networkPolicy: {customSelectors: [{podSelector: {matchLabels: {app: mine}}}]}
      extraManifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: more},
        data: {of: '{{ include "prometheus-pushgateway.fullname" . }}'}}]
      lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
      """;

  @TempDir private static Path folder;
  @AutoClose private static Chart chart;

  @BeforeAll
  static void render() throws IOException {
    chart = new Chart(folder);
  }

  @Test
  void helmFindsNoFault() {
    assertEquals(List.of(), chart.faults());
  }

  /** A release changes both, and then the manifests. */
  @Test
  void theChartHasTheVersionOfTheBuild() throws IOException {
    String pom = Files.readString(Path.of("..", "pom.xml"));
    String version = pom.replaceFirst("(?s).*?<version>(.*?)</version>.*", "$1");
    List<String> about = Files.readAllLines(Chart.KUBERNETES.resolve("chart/Chart.yaml"));
    assertTrue(about.contains("version: " + version), about::toString);
    assertTrue(about.contains("appVersion: " + version), about::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "single.yaml,         single.values.yaml,  false",
    "cluster.yaml,        cluster.values.yaml, false",
    "servicemonitor.yaml, cluster.values.yaml, true"
  })
  void theManifestsAreThoseOfTheChart(String file, String values, boolean ofTheOperator)
      throws IOException {
    String text =
        Stream.of(chart.text(MANIFESTS.resolve(values)).split("(?m)^---\n"))
            .filter(object -> !object.isBlank())
            .filter(object -> object.contains("kind: ServiceMonitor") == ofTheOperator)
            .map(ChartTest::plain)
            .collect(Collectors.joining("---\n"));
    Path manifest = MANIFESTS.resolve(file);
    if (System.getProperty("manifests", "").equals("write")) {
      Files.writeString(manifest, text);
    }
    assertEquals(Files.readString(manifest), text, "run this test with -Dmanifests=write");
  }

  /** Without what only Helm understands. */
  private static String plain(String object) {
    return object
            .lines()
            .filter(line -> !line.startsWith("# Source:"))
            .filter(line -> !line.contains("helm.sh/chart:"))
            .filter(line -> !line.contains("app.kubernetes.io/managed-by:"))
            .collect(Collectors.joining("\n"))
            .strip()
        + "\n";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        CLUSTER,
        "replicaCount: 2\nservice: {type: LoadBalancer, loadBalancerIP: 10.0.0.1}\n",
        "persistentVolume: {enabled: true, existingClaim: mine}\n",
        CLUSTER + USERS + "config: {staleness: [{ttl: 10m}]}\n",
        "webConfiguration: {tlsSecret: cert}\nserviceMonitor: {enabled: true}\n",
        "webConfiguration: {existingSecret: {name: mine}}\nnetworkPolicy: null\n",
        THEIRS
      })
  void kubernetesKnowsEveryFieldOfEveryObject(String values) throws IOException {
    List<JsonNode> objects = chart.objects(values);
    assertTrue(objects.size() >= 4, objects::toString);
    assertEquals(
        List.of(), objects.stream().flatMap(object -> Schema.faults(object).stream()).toList());
  }

  @Test
  void theSchemaIsStrict() throws IOException {
    var set = assertInstanceOf(ObjectNode.class, chart.object("", "StatefulSet", "silverback"));
    var spec = (ObjectNode) set.at("/spec");
    var container = (ObjectNode) set.at("/spec/template/spec/containers/0");
    spec.put("replicas", "1").put("podManagmentPolicy", "Parallel").remove("selector");
    container.put("ports", true).remove("name");
    assertEquals(
        List.of(
            "apps/v1 StatefulSet.spec.podManagmentPolicy: unknown",
            "apps/v1 StatefulSet.spec.replicas: no whole number",
            "apps/v1 StatefulSet.spec.selector: required, and missing",
            "apps/v1 StatefulSet.spec.template.spec.containers[].name: required, and missing",
            "apps/v1 StatefulSet.spec.template.spec.containers[].ports: no list"),
        Schema.faults(set).stream().sorted().toList());
    var monitor =
        (ObjectNode)
            chart
                .object("serviceMonitor: {enabled: true}", "ServiceMonitor", "silverback")
                .at("/spec/endpoints/0");
    monitor.put("honourLabels", true);
    assertEquals(List.of("honourLabels"), unknownOf(monitor));
  }

  private static List<String> unknownOf(JsonNode endpoint) throws IOException {
    var monitor =
        (ObjectNode)
            chart.object("serviceMonitor: {enabled: true}", "ServiceMonitor", "silverback");
    ((ObjectNode) monitor.get("spec")).putArray("endpoints").add(endpoint);
    return Schema.faults(monitor).stream()
        .map(fault -> fault.replaceAll(".*[.](\\w+): unknown", "$1"))
        .toList();
  }

  /** A typo in a flag would show at the first start only. */
  @ParameterizedTest
  @ValueSource(strings = {"", CLUSTER, "replicaCount: 2", USERS, THEIRS})
  void silverbackTakesTheArgumentsOfTheContainer(String values) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "a".repeat(44));
    List<String> arguments =
        arguments(values).stream()
            .map(argument -> argument.replace("/etc/silverback/cluster/secret", secret.toString()))
            .map(argument -> argument.replace("$(POD_NAME)", "silverback-0"))
            .map(argument -> argument.replace("80%", "1GiB"))
            .toList();
    assertInstanceOf(Flags.Request.Serve.class, Flags.parse(arguments, Map.of()));
  }

  @Test
  void moreThanOneReplicaIsACluster() throws IOException {
    assertTrue(arguments("").stream().noneMatch(argument -> argument.contains("cluster")));
    List<String> arguments = arguments(CLUSTER);
    assertTrue(arguments.contains("--cluster.join=dns+silverback-peers:9094"), arguments::toString);
    assertTrue(arguments.contains("--cluster.bootstrap-expect=3"), arguments::toString);
    // The address of a pod does not outlive it.
    String own = "--cluster.advertise-address=$(POD_NAME).silverback-peers.silverback.svc:9094";
    assertTrue(arguments.contains(own), arguments::toString);
    JsonNode peers = chart.object(CLUSTER, "Service", "silverback-peers").get("spec");
    assertEquals("None", peers.get("clusterIP").asText());
    assertTrue(peers.get("publishNotReadyAddresses").asBoolean());
    JsonNode set = chart.object(CLUSTER, "StatefulSet", "silverback").get("spec");
    assertEquals("Parallel", set.get("podManagementPolicy").asText());
    assertEquals("silverback-peers", set.get("serviceName").asText());
    JsonNode budget = chart.object(CLUSTER, "PodDisruptionBudget", "silverback");
    assertEquals(1, budget.at("/spec/maxUnavailable").asInt());
  }

  /** All may push, and only nodes of the same release may talk to the peer port. */
  @Test
  void thePeerPortIsClosedToOthers() throws IOException {
    JsonNode rules = chart.object(CLUSTER, "NetworkPolicy", "silverback").at("/spec/ingress");
    for (JsonNode rule : rules) {
      boolean isForAll = !rule.has("from");
      boolean hasPeers =
          StreamSupport.stream(rule.get("ports").spliterator(), false)
              .anyMatch(port -> port.get("port").asInt() == 9094);
      assertEquals(!isForAll, hasPeers, rule::toString);
    }
    assertEquals(2, rules.size());
  }

  @Test
  void aPodGetsMoreTimeThanItsServerTakesToEnd() throws IOException {
    String values = "shutdown: {preStopSeconds: 7, drainSeconds: 30, timeoutSeconds: 60}\n";
    JsonNode pod = chart.pod(CLUSTER + values);
    assertEquals(7, pod.at("/containers/0/lifecycle/preStop/sleep/seconds").asInt());
    assertTrue(arguments(CLUSTER + values).contains("--cluster.drain-timeout=30s"));
    assertTrue(arguments(CLUSTER + values).contains("--shutdown.timeout=60s"));
    assertTrue(pod.get("terminationGracePeriodSeconds").asInt() > 7 + 30 + 60);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                 | HTTP  | false",
        "webConfiguration: {basicAuthUsers: {ada: secret}}  | HTTP  | true",
        "webConfiguration: {tlsSecret: cert}                | HTTPS | true",
        "webConfiguration: {existingSecret: {name: mine}}   | HTTP  | true"
      })
  void theProbesNeedNoPassword(String values, String scheme, boolean opens) throws IOException {
    JsonNode container = chart.pod(values).at("/containers/0");
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertEquals(scheme, container.at("/" + probe + "/httpGet/scheme").asText());
      assertTrue(container.at("/" + probe + "/httpGet/httpHeaders").isMissingNode());
    }
    assertEquals("/-/healthy", container.at("/livenessProbe/httpGet/path").asText());
    assertEquals("/-/ready", container.at("/readinessProbe/httpGet/path").asText());
    assertEquals(opens, arguments(values).contains("--web.open-probes"));
  }

  /** Values of Helm are merged, so what is asked by default is there as well. */
  @Test
  void aProbeThatConnectsTakesThePlaceOfARequestAndTheStartAsksTheSame() throws IOException {
    JsonNode connects = chart.pod("liveness: {probe: {tcpSocket: {port: 9091}}}\n");
    for (String probe : List.of("startupProbe", "livenessProbe")) {
      assertEquals(9091, connects.at("/containers/0/" + probe + "/tcpSocket/port").asInt());
      assertTrue(connects.at("/containers/0/" + probe + "/httpGet").isMissingNode());
    }
    JsonNode asks = chart.pod("liveness: {probe: {httpGet: {path: /x, scheme: HTTPS}}}\n");
    assertEquals("HTTPS", asks.at("/containers/0/startupProbe/httpGet/scheme").asText());
    assertEquals("/x", asks.at("/containers/0/startupProbe/httpGet/path").asText());
  }

  @Test
  void aPodHasNoMoreRightsThanItNeeds() throws IOException {
    JsonNode pod = chart.pod("");
    assertEquals("false", pod.get("enableServiceLinks").asText());
    assertEquals("false", pod.get("automountServiceAccountToken").asText());
    assertEquals("true", pod.at("/securityContext/runAsNonRoot").asText());
    JsonNode own = pod.at("/containers/0/securityContext");
    assertEquals("true", own.get("readOnlyRootFilesystem").asText());
    assertEquals("false", own.get("allowPrivilegeEscalation").asText());
    assertEquals("ALL", own.at("/capabilities/drop/0").asText());
  }

  @Test
  void theSecretOfAClusterIsMadeOnceAndKept(@TempDir Path other) throws IOException {
    JsonNode made = chart.object(CLUSTER, "Secret", "silverback-cluster");
    assertEquals("keep", made.at("/metadata/annotations/helm.sh~1resource-policy").asText());
    assertEquals(44, Base64.getDecoder().decode(made.at("/data/secret").asText()).length);
    try (var later = new Chart(other, "dict \"data\" (dict \"secret\" \"b2xk\")")) {
      JsonNode kept = later.object(CLUSTER, "Secret", "silverback-cluster");
      assertEquals("b2xk", kept.at("/data/secret").asText());
    }
  }

  @Test
  void theServiceMonitorKeepsTheLabelsOfAGroup() throws IOException {
    JsonNode monitor =
        chart.object("serviceMonitor: {enabled: true}", "ServiceMonitor", "silverback").get("spec");
    assertEquals(
        "peers", monitor.at("/selector/matchLabels/app.kubernetes.io~1component").asText());
    JsonNode endpoint = monitor.at("/endpoints/0");
    assertTrue(endpoint.get("honorLabels").asBoolean());
    JsonNode drop = endpoint.at("/relabelings/2");
    assertEquals("labeldrop", drop.get("action").asText());
    assertEquals("pod|container|endpoint|service|namespace", drop.get("regex").asText());
    // What is dropped of a metric could have been pushed.
    assertTrue(endpoint.at("/metricRelabelings").isMissingNode());
  }

  @Test
  void theUsersOfTheCommunitysChartCanLogIn() throws IOException {
    JsonNode secret = chart.object(USERS, "Secret", "silverback");
    String file =
        new String(
            Base64.getDecoder().decode(secret.at("/data/web-config.yaml").asText()),
            StandardCharsets.UTF_8);
    assertTrue(file.matches("(?s)basic_auth_users:\n  \"ada\": \"[$]2a[$].*\""), file);
  }

  @Test
  void theValuesOfTheCommunitysChartHaveAnEffect() throws IOException {
    var kinds = new TreeSet<String>();
    chart.objects(THEIRS).forEach(object -> kinds.add(object.get("kind").asText()));
    assertEquals(
        "[ConfigMap, Ingress, NetworkPolicy, PodDisruptionBudget, Secret, Service, ServiceAccount,"
            + " ServiceMonitor, StatefulSet]",
        kinds.toString());
    JsonNode pod = chart.pod(THEIRS);
    JsonNode container = pod.at("/containers/0");
    assertEquals("registry.example/team/silverback:v9", container.get("image").asText());
    // Of two such flags the server would take neither.
    assertEquals(
        List.of("--persistence.file=/keep/pushgateway.data"),
        arguments(THEIRS).stream().filter(it -> it.startsWith("--persistence.file")).toList());
    assertEquals(9191, container.at("/livenessProbe/httpGet/port").asInt());
    assertTrue(container.at("/readinessProbe").isMissingNode());
    assertEquals("exec", container.at("/lifecycle/preStop").fieldNames().next());
    assertEquals(65534, pod.at("/securityContext/runAsUser").asInt());
    assertEquals("silverback", chart.object(THEIRS, "ConfigMap", "more").at("/data/of").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "image: {repository: quay.io/prometheus/pushgateway} | image.repository is that of a Pushgateway",
        "resources: {limits: {memory: 50Mi}}                 | give 256Mi or more in place of 50Mi",
        "resources: null                                     | storage.maxMemory is a part of resources.limits.memory",
        "extraArgs: ['--web.listen-address=:80']             | extraArgs has a flag that another value of this chart sets",
        "networkPolicy: {allowAll: false}                    | networkPolicy needs allowAll or customSelectors",
        "persistance: {enabled: true}                        | persistance",
        "service: {targetPort: http}                         | targetPort",
        "webConfiguration: {basicAuthUsers: {}}              | webConfiguration needs basicAuthUsers",
        "{replicaCount: 3, persistentVolume: {enabled: true, existingClaim: x}} | existingClaim is one volume"
      })
  void whatCannotWorkIsSaid(String values, String message) {
    var refusal = assertThrows(RuntimeException.class, () -> chart.objects(values));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal::getMessage);
  }

  private static List<String> arguments(String values) throws IOException {
    return texts(chart.pod(values).at("/containers/0/args"));
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }
}
