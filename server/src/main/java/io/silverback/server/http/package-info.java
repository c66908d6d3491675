/** HTTP/1 between the sockets and the web server: framing, connections, and what bounds them. */
@NullMarked
package io.silverback.server.http;

import org.jspecify.annotations.NullMarked;
