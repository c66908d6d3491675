package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Version;
import java.time.Duration;

/**
 * A group that was not pushed to for a while.
 *
 * @param stale whether it has expired since
 * @param last the last push that was taken, or refused if none ever was; of a stale group its
 *     expiry
 * @param quiet the time since then by a clock that nobody can set, or since this process knows of
 *     the group if that is less: nobody can push while there is no server
 * @param rhythm of the pushes before
 */
public record QuietGroup(
    GroupingKey key, boolean stale, Version last, Duration quiet, PushRhythm rhythm) {}
