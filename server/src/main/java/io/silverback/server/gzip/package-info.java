/** Answers in gzip, made of pieces that are kept deflated. */
@NullMarked
package io.silverback.server.gzip;

import org.jspecify.annotations.NullMarked;
