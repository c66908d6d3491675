/** Selectors of series and of groups. */
@NullMarked
package io.silverback.server.group.select;

import org.jspecify.annotations.NullMarked;
