package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.permission.Caller;
import io.silverback.server.permission.Right;
import io.silverback.server.remotewrite.TargetStatus;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StorageStatistics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** {@code GET /api/v1/server}: what this server holds, what that takes, and what it runs on. */
final class ServerHandler {
  private final MetricStore store;
  private final LimitBoard board;
  private final Set<String> changedFlags;
  private final boolean adminApi;
  private final Instant startTime;
  private final Supplier<Optional<Routes.ConfigInForce>> config;
  private final Supplier<List<TargetStatus>> targets;

  ServerHandler(
      MetricStore store,
      EndpointConfig settings,
      LimitBoard board,
      Instant startTime,
      Supplier<Optional<Routes.ConfigInForce>> config,
      Supplier<List<TargetStatus>> targets) {
    this.store = store;
    this.board = board;
    this.changedFlags = settings.changedFlags();
    this.adminApi = settings.adminApi();
    this.startTime = startTime;
    this.config = config;
    this.targets = targets;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      StorageStatistics storage = store.statistics();
      Caller caller = Exchange.of(request).caller();
      JsonAnswer.send(request, response, data -> write(storage, caller, data));
    };
  }

  private void write(StorageStatistics storage, Caller caller, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("start_time", startTime.toString());
    out.writeBooleanField("admin_api", adminApi);
    writePermissions(caller, out);
    out.writeArrayFieldStart("changed_flags");
    for (String flag : new TreeSet<>(changedFlags)) {
      out.writeString(flag);
    }
    out.writeEndArray();
    writeConfig(out);
    writeLimits(out);
    out.writeObjectFieldStart("storage");
    out.writeNumberField("groups", storage.groups());
    out.writeNumberField("stale_groups", storage.staleGroups());
    out.writeNumberField("history_seconds", storage.historyMillis() / 1e3);
    out.writeNumberField("corrupt_pages", storage.corruptPages());
    out.writeArrayFieldStart("maps");
    for (StorageStatistics.MapStatistics map : storage.maps()) {
      out.writeStartObject();
      out.writeStringField("name", map.name());
      out.writeNumberField("entries", map.entries());
      out.writeNumberField("bytes", map.allocatedBytes());
      out.writeEndObject();
    }
    out.writeEndArray();
    if (storage.disk().isPresent()) {
      out.writeNumberField("free_disk_bytes", storage.disk().get().freeBytes());
      out.writeBooleanField("last_end_was_clean", storage.disk().get().lastEndWasClean());
    }
    out.writeEndObject();
    writeTargets(out);
    writeRuntime(out);
    out.writeEndObject();
  }

  /** Of the client that asks, so that a page offers nothing that would be refused. */
  private static void writePermissions(Caller caller, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("permissions");
    out.writeStringField("client", caller.name());
    out.writeArrayFieldStart("rights");
    for (Right right : new TreeSet<>(caller.rights())) {
      out.writeString(right.label());
    }
    out.writeEndArray();
    out.writeArrayFieldStart("groups");
    for (String selector : caller.reach().texts()) {
      out.writeString(selector);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private void writeConfig(JsonGenerator out) throws IOException {
    Optional<Routes.ConfigInForce> inForce = config.get();
    if (inForce.isPresent()) {
      out.writeObjectFieldStart("config");
      out.writeStringField("file", inForce.get().file());
      out.writeStringField("read", inForce.get().read().toString());
      out.writeBooleanField("latest", inForce.get().isLatest());
      out.writeEndObject();
    }
  }

  private void writeTargets(JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("remote_write");
    for (TargetStatus target : targets.get()) {
      out.writeStartObject();
      out.writeStringField("name", target.name());
      out.writeStringField("url", target.url());
      out.writeStringField("version", target.version());
      out.writeNumberField("lag_seconds", target.lagSeconds());
      out.writeNumberField("samples", target.samples());
      out.writeNumberField("failed", target.failed());
      out.writeNumberField("dropped", target.dropped());
      if (target.lastFault().isPresent()) {
        out.writeStringField("last_fault", target.lastFault().get().reason());
        out.writeStringField("last_fault_time", target.lastFault().get().time().toString());
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** What each request is measured by alone has nothing that is used. */
  private void writeLimits(JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("limits");
    for (LimitBoard.Row row : board.rows()) {
      out.writeStartObject();
      out.writeStringField("flag", row.flag());
      out.writeStringField("unit", row.unit().name().toLowerCase(Locale.ROOT));
      if (row.used().isPresent()) {
        out.writeNumberField("used", row.used().getAsLong());
      }
      out.writeNumberField("most", row.wholeMost());
      out.writeNumberField("refused", row.refused());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private void writeRuntime(JsonGenerator out) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    out.writeObjectFieldStart("runtime");
    out.writeNumberField("uptime_seconds", Duration.between(startTime, Instant.now()).toSeconds());
    out.writeNumberField("processors", runtime.availableProcessors());
    out.writeNumberField("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
    out.writeNumberField("heap_max_bytes", runtime.maxMemory());
    out.writeStringField(
        "java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
    out.writeStringField("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    out.writeEndObject();
  }
}
