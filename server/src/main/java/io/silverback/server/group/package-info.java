/** What a push, a deletion and a merge do to a group. Pure: no clocks, threads or files. */
@NullMarked
package io.silverback.server.group;

import org.jspecify.annotations.NullMarked;
