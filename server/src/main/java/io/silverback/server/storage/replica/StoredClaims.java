package io.silverback.server.storage.replica;

import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.bytes.FrameOutput;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.SeriesClaims;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.engine.GroupChange;
import io.silverback.server.storage.engine.StoreParts;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Which series the groups of a store have, and which they are about to have. */
record StoredClaims(StoreParts store) {

  /** The series that a change brings to its group; empty if it brings none. */
  static Optional<Claim> claimOf(GroupChange change) {
    if (change.keepsShape() || !SeriesClaims.bringsSeries(change.old(), change.next())) {
      return Optional.empty();
    }
    List<Fingerprint> series = new SeriesClaims().of(change.next());
    byte[] encoded = new byte[series.size() * Fingerprint.BYTES];
    var out = new FrameOutput(new UnsafeBuffer(encoded), 0);
    series.forEach(out::fingerprint);
    GroupingKey key = change.next().key();
    return Optional.of(new Claim(key.job(), SeriesClaims.labelNames(key), encoded));
  }

  /** See {@link io.silverback.cluster.ReplicaStore#collision}. */
  Optional<String> collision(Claim claim) {
    Set<Fingerprint> claimed = fingerprints(claim.series());
    store.shapeChanges().lock();
    try {
      if (!store.check().mayHold(claim.job(), claimed)) {
        return Optional.empty();
      }
    } finally {
      store.shapeChanges().unlock();
    }
    var series = new SeriesClaims();
    try (Snapshot others =
        store
            .table()
            .snapshot(
                key ->
                    key.job().equals(claim.job())
                        && !SeriesClaims.labelNames(key).equals(claim.labelNames()))) {
      for (GroupState other : others.groups()) {
        if (series.of(other).stream().anyMatch(claimed::contains)) {
          return Optional.of(other.key().toString());
        }
      }
    }
    return Optional.empty();
  }

  private static Set<Fingerprint> fingerprints(byte[] encoded) {
    var in = new FrameInput(new UnsafeBuffer(encoded), 0, encoded.length);
    var fingerprints = new HashSet<Fingerprint>();
    while (in.position() < in.length()) {
      fingerprints.add(in.fingerprint());
    }
    return fingerprints;
  }
}
