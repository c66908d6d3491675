/** Rules by which groups are rewritten and become stale. */
@NullMarked
package io.silverback.server.group.rules;

import org.jspecify.annotations.NullMarked;
