/**
 * The values that everything else talks about: labels, grouping keys, metric families, versions.
 */
@NullMarked
package io.silverback.codec.model;

import org.jspecify.annotations.NullMarked;
