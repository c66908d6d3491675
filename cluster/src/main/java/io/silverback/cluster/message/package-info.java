/** What members say to each other, the bytes of it, and the requests that wait for an answer. */
@NullMarked
package io.silverback.cluster.message;

import org.jspecify.annotations.NullMarked;
