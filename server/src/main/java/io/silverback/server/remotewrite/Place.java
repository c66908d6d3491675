package io.silverback.server.remotewrite;

import io.silverback.codec.model.Labels;
import java.util.Arrays;
import java.util.Comparator;

/**
 * A series of a group, in the order in which a part of the history is read.
 *
 * @param rank of the group, as {@link PushReader#rank} says
 * @param group the encoded key
 * @param family empty for the times of pushes
 */
record Place(int rank, byte[] group, String family, String name, Labels labels)
    implements Comparable<Place> {
  private static final Comparator<Place> ORDER =
      Comparator.comparingInt(Place::rank)
          .thenComparing(Place::group, Arrays::compareUnsigned)
          .thenComparing(Place::family)
          .thenComparing(Place::name)
          .thenComparing(Place::labels);

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Place place && compareTo(place) == 0;
  }

  @Override
  public int hashCode() {
    return labels.hashCode();
  }
}
