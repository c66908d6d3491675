package io.silverback.server.template;

import io.silverback.codec.exposition.BodyTemplate;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The templates of the groups that are pushed to again and again, as many as there is memory for.
 *
 * <p>Thread-safe. A template may be gone at any time, or be that of another group. That does no
 * harm: it only reads bodies that are like its own, and the store compares the shape.
 */
public final class PushTemplates {
  /*
   * Implementation notes
   *
   * A table of sets of four places, by the hash of the key. The second push of a group that has to
   * be parsed pays for a template, which costs as much as parsing the body once more. So does each
   * later one that its template does not read; but if a template was of no use, twice as many
   * pushes have to be parsed before the next one is made. So groups whose text changes all the time
   * pay little in the long run, and so do those for which there is no memory.
   *
   * Memory is given up where it is missing: a hand goes round the sets and takes templates away
   * that nobody used since it last came by.
   */
  private static final int SET_BITS = 14;
  private static final int SETS = 1 << SET_BITS;
  private static final int WAYS = 4;
  private static final int MOST_SWEPT = 256;
  private static final int MOST_PATIENCE = 64;
  private static final int WORTHY_HITS = 4;
  private static final int SHARED = 1 << 10;

  private final AtomicReferenceArray<@Nullable Place> places =
      new AtomicReferenceArray<>(SETS * WAYS);
  private final AtomicReferenceArray<@Nullable Counted> shared = new AtomicReferenceArray<>(SHARED);
  private final AtomicLong takenBytes = new AtomicLong();
  private final AtomicLong hand = new AtomicLong();
  private final long mostBytes;

  /** Keeps templates of that many bytes; with 0 it learns nothing. */
  public PushTemplates(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** About how many bytes of heap the templates take. */
  public long takenBytes() {
    return takenBytes.get();
  }

  /** What is known of the pushes of a group. Guarded by the table, but for what is volatile. */
  private static final class Place {
    private final int hash;
    private volatile @Nullable Counted template;
    private volatile boolean used = true;
    private volatile boolean worthy;
    private int hits;
    private int parsed;
    private int patience = 1;

    private Place(int hash) {
      this.hash = hash;
    }

    /** The template that it had is of no use any more. */
    private void loseFaith() {
      patience = worthy ? 1 : Math.min(MOST_PATIENCE, 2 * patience);
      worthy = false;
      hits = 0;
    }
  }

  /** A template with the number of places that have it. */
  private static final class Counted {
    private final PushTemplate template;
    private int places;

    private Counted(PushTemplate template) {
      this.template = template;
    }
  }

  /** The template for pushes to a group in a format. */
  public Optional<PushTemplate> of(GroupingKey key, boolean isProtobuf) {
    Place place = find(key.hashCode());
    Counted counted = place == null ? null : place.template;
    return counted == null || counted.template.isProtobuf() != isProtobuf
        ? Optional.empty()
        : Optional.of(counted.template);
  }

  /** The template of that group read a body that the store took. */
  public void hit(GroupingKey key) {
    Place place = find(key.hashCode());
    if (place == null) {
      return;
    }
    place.used = true;
    if (!place.worthy) {
      synchronized (this) {
        place.hits++;
        place.worthy = place.hits >= WORTHY_HITS;
      }
    }
  }

  /** The group is of another shape than its template says. */
  public synchronized void drop(GroupingKey key) {
    Place place = find(key.hashCode());
    if (place != null) {
      release(place);
      place.loseFaith();
    }
  }

  /**
   * Sees a push that had to be parsed and was taken, and makes a template of it now and then.
   *
   * @param parser reads a body; what it throws of {@link DeadlineException} is no fault of the push
   */
  public void learn(
      GroupingKey key,
      byte[] body,
      int length,
      boolean isProtobuf,
      Function<byte[], ParsedExposition> parser) {
    int hash = key.hashCode();
    if (mostBytes == 0 || !isDue(hash)) {
      return;
    }
    Optional<PushTemplate> template;
    try {
      template =
          BodyTemplate.outlineOf(body, length, isProtobuf)
              .flatMap(outline -> PushTemplate.learn(key, body, outline, parser));
    } catch (DeadlineException _) {
      template = Optional.empty();
    }
    put(hash, template);
  }

  private synchronized boolean isDue(int hash) {
    Place place = find(hash);
    if (place == null) {
      make(hash);
      return false;
    }
    place.used = true;
    place.parsed++;
    if (place.parsed < place.patience) {
      return false;
    }
    place.parsed = 0;
    if (place.template != null) {
      place.loseFaith();
    }
    return true;
  }

  private synchronized void put(int hash, Optional<PushTemplate> template) {
    Place known = find(hash);
    Place place = known == null ? make(hash) : known;
    release(place);
    if (template.isEmpty()) {
      place.patience = MOST_PATIENCE;
      return;
    }
    Counted counted = shared(template.get());
    if (counted.places == 0) {
      long weight = counted.template.weight();
      if (!makeRoom(weight)) {
        place.loseFaith();
        return;
      }
      takenBytes.addAndGet(weight);
    }
    counted.places++;
    place.template = counted;
  }

  /** One that is like it, if it is remembered. */
  private Counted shared(PushTemplate template) {
    int index = Math.floorMod(template.hashCode(), SHARED);
    Counted known = shared.get(index);
    if (known != null && known.places > 0 && known.template.equals(template)) {
      return known;
    }
    var counted = new Counted(template);
    shared.set(index, counted);
    return counted;
  }

  private void release(Place place) {
    Counted counted = place.template;
    place.template = null;
    if (counted != null && --counted.places == 0) {
      takenBytes.addAndGet(-counted.template.weight());
      shared.compareAndSet(
          Math.floorMod(counted.template.hashCode(), SHARED), counted, /* newValue= */ null);
    }
  }

  /** Takes templates that are not used away until there is room; false if that is not enough. */
  private boolean makeRoom(long weight) {
    for (int swept = 0; swept < MOST_SWEPT; swept++) {
      if (takenBytes.get() + weight <= mostBytes) {
        return true;
      }
      int set = (int) (hand.getAndIncrement() % SETS) * WAYS;
      for (int way = 0; way < WAYS; way++) {
        Place place = places.get(set + way);
        if (place != null && place.template != null) {
          if (!place.used) {
            release(place);
            place.loseFaith();
          }
          place.used = false;
        }
      }
    }
    return takenBytes.get() + weight <= mostBytes;
  }

  private @Nullable Place find(int hash) {
    int set = setOf(hash);
    for (int way = 0; way < WAYS; way++) {
      Place place = places.get(set + way);
      if (place != null && place.hash == hash) {
        return place;
      }
    }
    return null;
  }

  /** A place for a group; in a full set one that is not used, or any, is taken for it. */
  private Place make(int hash) {
    int set = setOf(hash);
    int chosen = set + Math.floorMod(hash, WAYS);
    for (int way = WAYS - 1; way >= 0; way--) {
      Place place = places.get(set + way);
      if (place == null) {
        chosen = set + way;
        break;
      }
      if (!place.used) {
        chosen = set + way;
      }
      place.used = false;
    }
    Place before = places.get(chosen);
    if (before != null) {
      release(before);
    }
    var place = new Place(hash);
    places.set(chosen, place);
    return place;
  }

  private static int setOf(int hash) {
    int spread = (hash ^ (hash >>> 16)) * 0x9E3779B9;
    return (spread >>> (Integer.SIZE - SET_BITS)) * WAYS;
  }
}
