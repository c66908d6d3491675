/** Certificates and private keys in files: what is shown to others, and whom to trust. */
@NullMarked
package io.silverback.server.trust;

import org.jspecify.annotations.NullMarked;
