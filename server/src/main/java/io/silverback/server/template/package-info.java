/** Pushes that differ from an earlier one in numbers only: they are stored without being parsed. */
@NullMarked
package io.silverback.server.template;

import org.jspecify.annotations.NullMarked;
