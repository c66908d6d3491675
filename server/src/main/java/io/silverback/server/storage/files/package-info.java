/** The store in files: generations, recovery, and what a full or failing disk does. */
@NullMarked
package io.silverback.server.storage.files;

import org.jspecify.annotations.NullMarked;
