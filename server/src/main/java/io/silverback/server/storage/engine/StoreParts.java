package io.silverback.server.storage.engine;

import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * What the single node and the replica of one store work with.
 *
 * @param openedMillis when it was opened, by the wall clock
 * @param shapeChanges held while a change of shape is judged or published, and taken after the lock
 *     of the group
 */
public record StoreParts(
    Usage usage,
    ReentrantLock shapeChanges,
    LongSupplier wallMillis,
    long openedMillis,
    OffHeapMap groups,
    GroupTable table,
    ShapeTable shapes,
    GroupEntries entries,
    ConsistencyCheck check,
    GrowthCheck growth,
    UpdateJudge judge,
    GroupWriter writer,
    Tombstones tombstones,
    ReplicaIndex index,
    WipedGroups wiped,
    HistoryTransfer transfer) {}
