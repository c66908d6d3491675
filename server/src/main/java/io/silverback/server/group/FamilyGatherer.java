package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One exposition of the server's own families and those of all groups, family by family in the
 * order of their names, the metrics of each in the order of the exposition. Only an own summary or
 * histogram may come a little later than its name, after the pushed names that exclude it.
 *
 * <p>Holds one family at a time, and of those before it only the names that others might collide
 * with. Never fails for what anyone pushed: of things that exclude one another the pushed ones win,
 * first those of the group with the smallest key, and the rest is left out and reported. Not
 * thread-safe.
 */
public final class FamilyGatherer implements Iterator<MetricFamily> {
  /** The own families that are not shown yet, by name, in the order in which their turns come. */
  private final SequencedMap<String, Own> own = new LinkedHashMap<>();

  /** Names that an own summary or histogram needs for its own lines. */
  private final Set<String> linesOfOwn = new HashSet<>();

  private final Iterator<HeldFamily> held;
  private final Omissions omissions = new Omissions();

  /**
   * The types under which pushed families were shown, for the names that others might collide with.
   * A name with a suffix comes after the one that it collides with, so a pushed family only needs
   * those before it.
   */
  private final Map<String, MetricType> taken = new HashMap<>();

  private @Nullable HeldFamily nextHeld;
  private @Nullable MetricFamily next;

  /**
   * A family of the server.
   *
   * @param turn the last of the names that it needs, so that all pushed ones of them come before
   */
  private record Own(MetricFamily family, String turn) {
    static Own of(MetricFamily family) {
      var names = new TreeSet<>(SuffixCollision.linesOf(family.name(), family.type()));
      names.add(family.name());
      return new Own(family, names.last());
    }
  }

  /**
   * The families of one scrape.
   *
   * @param ownFamilies the server's own, none of which excludes another
   * @param held what the groups hold, in the order of the names
   */
  public FamilyGatherer(Collection<MetricFamily> ownFamilies, Iterable<HeldFamily> held) {
    ownFamilies.stream()
        .map(Own::of)
        .sorted(Comparator.comparing(Own::turn))
        .forEach(each -> own.put(each.family().name(), each));
    for (MetricFamily family : ownFamilies) {
      linesOfOwn.addAll(SuffixCollision.linesOf(family.name(), family.type()));
    }
    this.held = held.iterator();
    advanceHeld();
  }

  @Override
  public boolean hasNext() {
    while (next == null && (nextHeld != null || !own.isEmpty())) {
      next = gatherNext();
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

  private @Nullable MetricFamily gatherNext() {
    HeldFamily pushed = nextHeld;
    if (pushed == null
        || (!own.isEmpty() && own.firstEntry().getValue().turn().compareTo(pushed.name()) < 0)) {
      return gatherOwn(own.pollFirstEntry().getValue().family());
    }
    MetricFamily family = gatherPushed(pushed);
    advanceHeld();
    return family;
  }

  private @Nullable MetricFamily gatherOwn(MetricFamily family) {
    if (collision(family).isPresent()) {
      omissions.hideOwn(family);
      return null;
    }
    var union = new FamilyUnion(family, omissions);
    union.add(family);
    return union.size() == 0 ? null : union.toFamily();
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
    if (union.size() == 0) {
      return null;
    }
    // Only a store that was filled unchecked has any collisions.
    Optional<String> collision = collision(head);
    if (collision.isPresent()) {
      omissions.leaveOut(union.size(), collision::get);
      return null;
    }
    addOwn(head, union);
    if (head.type() == MetricType.SUMMARY
        || head.type().isHistogram()
        || linesOfOwn.contains(name)) {
      taken.put(name, head.type());
    }
    return union.toFamily();
  }

  /** The own family of the same name, if there is one: beside the pushed metrics, or not at all. */
  private void addOwn(MetricFamily head, FamilyUnion union) {
    Own same = own.remove(head.name());
    if (same == null) {
      return;
    }
    MetricFamily family = same.family();
    if (family.type().sameShapeAs(head.type())) {
      union.add(head.withMetrics(family.metrics()));
    } else {
      omissions.hideOwn(family);
    }
  }

  private Optional<String> collision(MetricFamily family) {
    return SuffixCollision.find(family.name(), family.type(), this::typesTaken);
  }

  private Set<MetricType> typesTaken(String name) {
    MetricType type = taken.get(name);
    return type == null ? Set.of() : Set.of(type);
  }

  private void advanceHeld() {
    nextHeld = held.hasNext() ? held.next() : null;
  }
}
