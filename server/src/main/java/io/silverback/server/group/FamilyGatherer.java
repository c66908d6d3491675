package io.silverback.server.group;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.MetricFamily;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One exposition of the server's own families and those of all groups, family by family in the
 * order of their names, the metrics of each one at a time in the order of the exposition.
 *
 * <p>Holds the own families and nothing of the others but a name. Never fails for what was pushed:
 * of things that exclude one another the server's own win, then those of the group with the
 * smallest key, and the rest is left out and reported. Not thread-safe.
 */
public final class FamilyGatherer implements Iterator<Family> {
  private final TreeMap<String, MetricFamily> own = new TreeMap<>();
  private final Iterator<HeldFamily> held;
  private final ShownNames names;
  private final Omissions omissions = new Omissions();
  private @Nullable HeldFamily nextHeld;

  /** True if the next one is the one that was gathered last, which may still be read. */
  private boolean isHeldGathered;

  private @Nullable Family next;

  /**
   * The families of one scrape.
   *
   * @param ownFamilies the server's own, with other names each
   * @param held what the groups hold, in the order of the names
   */
  public FamilyGatherer(Collection<MetricFamily> ownFamilies, Iterable<HeldFamily> held) {
    ownFamilies.forEach(family -> own.put(family.name(), family));
    this.names = new ShownNames(ownFamilies);
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

  /** A family with at least one metric, good until the next one is asked for. */
  @Override
  public Family next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no family is left");
    }
    Family family = Objects.requireNonNull(next);
    next = null;
    return family;
  }

  /** What was left out so far; of the whole exposition once no family is left. */
  public Omissions omissions() {
    return omissions;
  }

  private @Nullable Family gatherSmallestName() {
    if (isHeldGathered) {
      advanceHeld();
    }
    HeldFamily pushed = nextHeld;
    if (pushed != null && (own.isEmpty() || pushed.name().compareTo(own.firstKey()) < 0)) {
      isHeldGathered = true;
      return gatherPushed(pushed);
    }
    if (own.isEmpty()) {
      return null;
    }
    MetricFamily head = own.pollFirstEntry().getValue();
    isHeldGathered = pushed != null && pushed.name().equals(head.name());
    return gather(head, true, isHeldGathered ? pushed : null);
  }

  private @Nullable Family gatherPushed(HeldFamily pushed) {
    if (pushed.name().isEmpty()) {
      pushed.forEachHead(
          (_, _, groups, metrics) ->
              leaveOut(groups, metrics, () -> "metric family without a name"));
      return null;
    }
    return gather(
        new MetricFamily(pushed.name(), pushed.help(), pushed.type(), pushed.unit(), List.of()),
        false,
        pushed);
  }

  /** What is shown of own metrics and pushed ones under one head; null if nothing is. */
  private @Nullable Family gather(MetricFamily head, boolean isOwn, @Nullable HeldFamily pushed) {
    if (pushed != null) {
      reportHeads(head, pushed);
    }
    var family = new GatheredFamily(head, pushed, omissions);
    String name = head.name();
    if (!family.hasMetric()) {
      family.leaveOut("");
      names.remove(name);
      return null;
    }
    // Own families were there first, and only a store that was filled unchecked has collisions.
    Optional<String> collision =
        isOwn ? Optional.empty() : SuffixCollision.find(name, head.type(), names::types);
    if (collision.isPresent()) {
      family.leaveOut(collision.get());
      return null;
    }
    names.add(name, head.type());
    return family;
  }

  private void reportHeads(MetricFamily head, HeldFamily pushed) {
    pushed.forEachHead(
        (type, help, groups, metrics) -> {
          if (!head.type().sameShapeAs(type)) {
            leaveOut(
                groups,
                metrics,
                () ->
                    "metric family %s has type %s but should have %s"
                        .formatted(MetricRules.shortened(head.name()), type, head.type()));
          } else if (!head.help().equals(help)) {
            omissions.noteDifferingHelp(head.name());
          }
        });
  }

  private void leaveOut(int groups, int metrics, Supplier<String> reason) {
    for (int i = 0; i < groups; i++) {
      omissions.leaveOut(metrics, reason);
    }
  }

  private void advanceHeld() {
    nextHeld = held.hasNext() ? held.next() : null;
    isHeldGathered = false;
  }
}
