package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One exposition of the server's own families and those of all groups, family by family in the
 * order of their names, the metrics of each in the order of the exposition.
 *
 * <p>Holds one family at a time, and of those before it only the names of summaries and histograms.
 * Never fails for what somebody pushed: of things that exclude one another the server's own win,
 * then those of the group with the smallest key, and the rest is left out and reported. Not
 * thread-safe.
 */
public final class FamilyGatherer implements Iterator<MetricFamily> {
  private final TreeMap<String, MetricFamily> own = new TreeMap<>();
  private final Iterator<HeldFamily> held;
  private final Omissions omissions = new Omissions();

  /**
   * The types of names that others might collide with. A name with a suffix comes after the one
   * that it collides with, so what was shown before is known; of what is yet to come only the own
   * families matter, and those win whether or not they have metrics.
   */
  private final Map<String, MetricType> taken = new HashMap<>();

  private @Nullable HeldFamily nextHeld;
  private @Nullable MetricFamily next;

  /**
   * The families of one scrape.
   *
   * @param ownFamilies the server's own, with other names each
   * @param held what the groups hold, in the order of the names
   */
  public FamilyGatherer(Collection<MetricFamily> ownFamilies, Iterable<HeldFamily> held) {
    for (MetricFamily family : ownFamilies) {
      own.put(family.name(), family);
      taken.put(family.name(), family.type());
    }
    this.held = held.iterator();
    advanceHeld();
  }

  @Override
  public boolean hasNext() {
    while (next == null && (nextHeld != null || !own.isEmpty())) {
      next = gatherSmallestName();
    }
    return next != null;
  }

  /** A family with at least one metric. */
  @Override
  public MetricFamily next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no family is left");
    }
    MetricFamily family = Objects.requireNonNull(next);
    // Whoever renders it is done with it before asking for another, so that two never lie here.
    next = null;
    return family;
  }

  /** What was left out so far; of the whole exposition once no family is left. */
  public Omissions omissions() {
    return omissions;
  }

  private @Nullable MetricFamily gatherSmallestName() {
    HeldFamily pushed = nextHeld;
    if (pushed != null && (own.isEmpty() || pushed.name().compareTo(own.firstKey()) < 0)) {
      MetricFamily family = gatherPushed(pushed);
      advanceHeld();
      return family;
    }
    MetricFamily head = own.pollFirstEntry().getValue();
    var union = new FamilyUnion(head, omissions);
    union.add(head);
    if (pushed != null && pushed.name().equals(head.name())) {
      pushed.forEach(union::add);
      advanceHeld();
    }
    return shown(head.name(), union);
  }

  private @Nullable MetricFamily gatherPushed(HeldFamily pushed) {
    String name = pushed.name();
    if (name.isEmpty()) {
      pushed.forEach(
          family ->
              omissions.leaveOut(family.metrics().size(), () -> "metric family without a name"));
      return null;
    }
    var head = new MetricFamily(name, pushed.help(), pushed.type(), pushed.unit(), List.of());
    var union = new FamilyUnion(head, omissions);
    pushed.forEach(union::add);
    // Only a store that was filled unchecked has any collisions.
    Optional<String> collision =
        union.size() == 0
            ? Optional.empty()
            : SuffixCollision.find(name, head.type(), this::typesTaken);
    if (collision.isPresent()) {
      omissions.leaveOut(union.size(), collision::get);
      return null;
    }
    return shown(name, union);
  }

  private @Nullable MetricFamily shown(String name, FamilyUnion union) {
    if (union.size() == 0) {
      taken.remove(name);
      return null;
    }
    if (union.type() == MetricType.SUMMARY || union.type().isHistogram()) {
      taken.put(name, union.type());
    }
    return union.toFamily();
  }

  private Set<MetricType> typesTaken(String name) {
    MetricType type = taken.get(name);
    return type == null ? Set.of() : Set.of(type);
  }

  private void advanceHeld() {
    nextHeld = held.hasNext() ? held.next() : null;
  }
}
