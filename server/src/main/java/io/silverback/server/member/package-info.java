/** This server as a member of a cluster. */
@NullMarked
package io.silverback.server.member;

import org.jspecify.annotations.NullMarked;
