package io.silverback.server.group;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.rules.MetricRules;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One exposition of the server's own families and those of all groups, family by family in the
 * order of their names, the metrics of each one at a time in the order of the exposition. Only an
 * own summary or histogram may come a little later than its name, after the pushed names that
 * exclude it.
 *
 * <p>Holds the own families and nothing of the others but a name. Never fails for what anyone
 * pushed: of things that exclude one another the pushed ones win, first those of the group with the
 * smallest key, and the rest is left out and reported. Not thread-safe.
 */
public final class FamilyGatherer implements Iterator<Family> {
  /** The own families that are not shown yet, by name, in the order in which their turns come. */
  private final SequencedMap<String, Own> own = new LinkedHashMap<>();

  private final Iterator<HeldFamily> held;
  private final ShownNames names;
  private final Omissions omissions = new Omissions();
  private @Nullable HeldFamily nextHeld;

  /** True if the next one is the one that was gathered last, which may still be read. */
  private boolean isHeldGathered;

  private @Nullable Family next;

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
    this.names = new ShownNames(ownFamilies);
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

  private @Nullable Family gatherNext() {
    if (isHeldGathered) {
      advanceHeld();
    }
    HeldFamily pushed = nextHeld;
    if (pushed != null
        && (own.isEmpty() || own.firstEntry().getValue().turn().compareTo(pushed.name()) >= 0)) {
      isHeldGathered = true;
      return gatherPushed(pushed);
    }
    return own.isEmpty() ? null : gatherOwn(own.pollFirstEntry().getValue().family());
  }

  private @Nullable Family gatherOwn(MetricFamily family) {
    if (collision(family).isPresent()) {
      omissions.hideOwn(family);
      return null;
    }
    var gathered = new GatheredFamily(family, null, omissions);
    return isShown(gathered) ? gathered : null;
  }

  private @Nullable Family gatherPushed(HeldFamily pushed) {
    if (pushed.name().isEmpty()) {
      pushed.forEachHead(
          (_, _, groups, metrics) ->
              leaveOut(groups, metrics, () -> "metric family without a name"));
      return null;
    }
    var head =
        new MetricFamily(pushed.name(), pushed.help(), pushed.type(), pushed.unit(), List.of());
    reportHeads(head, pushed);
    var family = new GatheredFamily(head, pushed, omissions);
    if (!isShown(family)) {
      return null;
    }
    // Only a store that was filled unchecked has any collisions.
    Optional<String> collision = collision(head);
    if (collision.isPresent()) {
      family.leaveOut(collision.get());
      return null;
    }
    names.add(head.name(), head.type());
    return new GatheredFamily(head.withMetrics(ownBeside(head)), pushed, omissions);
  }

  /** Reports the faults of a family that has nothing else. */
  private static boolean isShown(GatheredFamily family) {
    if (!family.hasMetric()) {
      family.leaveOut("");
      return false;
    }
    return true;
  }

  /** The metrics of the own family of the same name, if they can be shown with the pushed ones. */
  private List<Metric> ownBeside(MetricFamily head) {
    Own same = own.remove(head.name());
    if (same == null) {
      return List.of();
    }
    MetricFamily family = same.family();
    if (!family.type().sameShapeAs(head.type())) {
      omissions.hideOwn(family);
      return List.of();
    }
    return family.metrics();
  }

  private Optional<String> collision(MetricFamily family) {
    return SuffixCollision.find(family.name(), family.type(), names::types);
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
