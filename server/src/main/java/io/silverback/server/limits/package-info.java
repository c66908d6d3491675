/**
 * The limits of requests: how many at once, how long they wait, and how much memory they may take.
 */
@NullMarked
package io.silverback.server.limits;

import org.jspecify.annotations.NullMarked;
