/**
 * Who may do what: the file of {@code --web.permissions.file}, the tokens that it names, and what
 * follows from both for a request. Knows no endpoint; {@code server.handler} gives each a right.
 */
@NullMarked
package io.silverback.server.permission;

import org.jspecify.annotations.NullMarked;
