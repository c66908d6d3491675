package io.silverback.server.http;

import io.helidon.common.context.Context;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What all connections of the web server share. Thread-safe. */
record HttpContext(
    Context context,
    MediaContext mediaContext,
    ContentEncodingContext contentEncodingContext,
    DirectHandlers directHandlers,
    ListenerConfig config,
    ExecutorService executor,
    Router router)
    implements ListenerContext {

  /** A context in which requests are answered by that routing. */
  static HttpContext of(HttpRouting.Builder routing) {
    return new HttpContext(
        Context.builder().id("http").build(),
        MediaContext.create(),
        new UntouchedBodies(),
        DirectHandlers.create(),
        ListenerConfig.create(),
        Executors.newVirtualThreadPerTaskExecutor(),
        Router.builder().addRouting(routing).build());
  }
}
