/**
 * Reads the file in which a Pushgateway keeps its groups, so that a server which takes its place
 * has them.
 */
@NullMarked
package io.silverback.server.pushgateway;

import org.jspecify.annotations.NullMarked;
