package io.silverback.server.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What Kubernetes and the Prometheus operator take, as the classes of their clients say that were
 * made from their schemas: a field that is unknown, missing or of another type is a fault.
 */
final class Schema {
  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "v1 ConfigMap", V1ConfigMap.class,
          "v1 Secret", V1Secret.class,
          "v1 Service", V1Service.class,
          "v1 ServiceAccount", V1ServiceAccount.class,
          "apps/v1 StatefulSet", V1StatefulSet.class,
          "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class,
          "networking.k8s.io/v1 Ingress", V1Ingress.class,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class,
          "monitoring.coreos.com/v1 ServiceMonitor", ServiceMonitor.class);

  /** Given as text or as a number. */
  private static final Set<String> EITHER = Set.of("IntOrString", "Quantity");

  private final List<String> faults = new ArrayList<>();

  private Schema() {}

  /** Every fault of an object, with its place. */
  static List<String> faults(JsonNode object) {
    String kind = object.path("apiVersion").asText() + " " + object.path("kind").asText();
    Class<?> type = KINDS.get(kind);
    if (type == null) {
      return List.of("unknown kind: " + kind);
    }
    var schema = new Schema();
    schema.check(object, type, kind);
    return schema.faults;
  }

  private void check(JsonNode node, Type type, String place) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == Map.class) {
        require(node.isObject(), place, "no object");
        node.properties()
            .forEach(entry -> check(entry.getValue(), arguments[1], place + "." + entry.getKey()));
      } else {
        require(node.isArray(), place, "no list");
        node.forEach(element -> check(element, arguments[0], place + "[]"));
      }
    } else if (type instanceof Class<?> plain) {
      checkPlain(node, plain, place);
    } else {
      require(false, place, "of a type that is not understood: " + type);
    }
  }

  private void checkPlain(JsonNode node, Class<?> type, String place) {
    if (type == String.class || type == byte[].class || type.isEnum()) {
      require(node.isTextual(), place, "no text");
    } else if (type == Integer.class || type == Long.class) {
      require(node.isIntegralNumber(), place, "no whole number");
    } else if (type == Boolean.class) {
      require(node.isBoolean(), place, "neither true nor false");
    } else if (EITHER.contains(type.getSimpleName())) {
      require(node.isTextual() || node.isNumber(), place, "neither text nor number");
    } else if (type != Object.class) {
      require(node.isObject(), place, "no object");
      node.properties()
          .forEach(
              entry ->
                  field(type, entry.getKey())
                      .ifPresentOrElse(
                          field ->
                              check(
                                  entry.getValue(),
                                  field.getGenericType(),
                                  place + "." + entry.getKey()),
                          () -> require(false, place + "." + entry.getKey(), "unknown")));
      required(type)
          .forEach(name -> require(node.has(name), place + "." + name, "required, and missing"));
    }
  }

  private void require(boolean holds, String place, String fault) {
    if (!holds) {
      faults.add(place + ": " + fault);
    }
  }

  private static Optional<Field> field(Class<?> type, String name) {
    return Arrays.stream(type.getDeclaredFields())
        .filter(field -> !Modifier.isStatic(field.getModifiers()))
        .filter(field -> field.getName().equals(name))
        .findFirst();
  }

  /** Only the classes of Kubernetes itself know. */
  private static Collection<String> required(Class<?> type) {
    try {
      return ((Set<?>) type.getField("openapiRequiredFields").get(null))
          .stream().map(String::valueOf).toList();
    } catch (NoSuchFieldException _) {
      return List.of();
    } catch (IllegalAccessException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
