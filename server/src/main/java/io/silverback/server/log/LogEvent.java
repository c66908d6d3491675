package io.silverback.server.log;

import java.time.Instant;

/**
 * One thing that happened.
 *
 * @param caller file and line of the code that logged it, or the name of its logger
 * @param sentence what happened, the same words each time
 * @param fields what was different this time
 */
record LogEvent(Instant time, LogLevel level, String caller, String sentence, LogFields fields) {}
