/** The JSON of the REST API: the parameters that come in and the answers that go out. */
@NullMarked
package io.silverback.server.json;

import org.jspecify.annotations.NullMarked;
