/**
 * The commands {@code silverback cluster ...}: a client of the HTTP API, and no part of a server.
 */
@NullMarked
package io.silverback.server.admin;

import org.jspecify.annotations.NullMarked;
