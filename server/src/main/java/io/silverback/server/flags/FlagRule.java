package io.silverback.server.flags;

import java.util.function.Consumer;

/**
 * What must hold between flags, or between a flag and what it names.
 *
 * @param about the flag that a broken rule is told of
 * @param check throws a {@link StartUpException} if the rule does not hold
 */
record FlagRule(Flag<?> about, Consumer<FlagValues> check) {}
