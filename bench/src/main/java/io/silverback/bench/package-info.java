/** Workloads, the floor to compare with, and one JMH benchmark per question. */
@NullMarked
package io.silverback.bench;

import org.jspecify.annotations.NullMarked;
