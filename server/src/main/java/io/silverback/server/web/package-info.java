/**
 * What the file of {@code --web.config.file} asks for: TLS, response headers, users and the rate
 * limit. Knows the JDK only; {@code server.http} carries it to the HTTP server.
 */
@NullMarked
package io.silverback.server.web;

import org.jspecify.annotations.NullMarked;
