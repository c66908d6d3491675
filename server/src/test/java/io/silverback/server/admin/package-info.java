@NullMarked
package io.silverback.server.admin;

import org.jspecify.annotations.NullMarked;
