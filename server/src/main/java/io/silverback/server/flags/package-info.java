/**
 * The command line: which flags there are, where their values come from, and what they say
 * together. Starts nothing.
 */
@NullMarked
package io.silverback.server.flags;

import org.jspecify.annotations.NullMarked;
