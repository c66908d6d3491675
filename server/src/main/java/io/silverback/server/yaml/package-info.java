/**
 * How configuration is written down: YAML read strictly, with the line of each fault, and
 * durations. Knows nothing of what is configured.
 */
@NullMarked
package io.silverback.server.yaml;

import org.jspecify.annotations.NullMarked;
