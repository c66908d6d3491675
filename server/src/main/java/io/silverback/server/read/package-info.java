/** Answers of remote read: series in Prometheus' order, outside of the heap until they are sent. */
@NullMarked
package io.silverback.server.read;

import org.jspecify.annotations.NullMarked;
