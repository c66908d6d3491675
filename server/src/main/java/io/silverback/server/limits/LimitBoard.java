package io.silverback.server.limits;

import io.silverback.server.storage.Limit;
import io.silverback.server.storage.LimitUse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How full every limit is, of requests and of the store, how many requests it turned away, and how
 * many were refused for other reasons.
 *
 * <p>Thread-safe; what is watched is set up before the first request.
 */
public final class LimitBoard {
  private final RequestLimits limits;
  private final Map<RequestLimit, LongSupplier> uses = new EnumMap<>(RequestLimit.class);
  private final Map<RequestLimit, LongAdder> refusedByEndpoints = new EnumMap<>(RequestLimit.class);
  private final Map<Limit, LongAdder> refusedByStore = new EnumMap<>(Limit.class);
  private final Map<RefusalReason, LongAdder> refusedOtherwise = new EnumMap<>(RefusalReason.class);
  private volatile Supplier<List<LimitUse>> store = List::of;

  /**
   * A limit as it stands.
   *
   * @param used empty for what each request is measured by alone
   * @param most 0 for any number; empty if the store does not tell
   * @param refused since the start
   */
  public record Row(
      String flag, LimitUnit unit, OptionalLong used, OptionalDouble most, long refused) {

    /** The limit as a whole number, rounded up; 0 for any number. */
    public long wholeMost() {
      return (long) Math.ceil(most.orElse(0));
    }
  }

  public LimitBoard(RequestLimits limits) {
    this.limits = limits;
    for (RequestLimit limit : RequestLimit.values()) {
      refusedByEndpoints.put(limit, new LongAdder());
    }
    for (Limit limit : Limit.values()) {
      refusedByStore.put(limit, new LongAdder());
    }
    for (RefusalReason reason : RefusalReason.values()) {
      refusedOtherwise.put(reason, new LongAdder());
    }
  }

  /** From now on asks there how much of a limit is taken. */
  public void watch(RequestLimit limit, LongSupplier used) {
    uses.put(limit, used);
  }

  /** From now on shows what the store says of its limits. */
  public void watchStore(Supplier<List<LimitUse>> limitsOfStore) {
    store = limitsOfStore;
  }

  /** Counts a request, or a connection, that the limit turned away. */
  public void countRefused(RequestLimit limit) {
    count(refusedByEndpoints, limit);
  }

  /** Counts a push that the store turned away. */
  public void countRefused(Limit limit) {
    count(refusedByStore, limit);
  }

  /** Counts a request that was refused for a reason that is no limit. */
  public void countRefused(RefusalReason reason) {
    count(refusedOtherwise, reason);
  }

  private static <K> void count(Map<K, LongAdder> counts, K key) {
    counts.computeIfAbsent(key, _ -> new LongAdder()).increment();
  }

  /** How many requests were refused for reasons that are no limits, since the start. */
  public Map<RefusalReason, Long> refusedOtherwise() {
    var counts = new EnumMap<RefusalReason, Long>(RefusalReason.class);
    refusedOtherwise.forEach((reason, count) -> counts.put(reason, count.sum()));
    return counts;
  }

  /** Always the same limits in the same order. */
  public List<Row> rows() {
    var rows = new ArrayList<Row>();
    List<LimitUse> ofStore = store.get();
    refusedByStore.forEach((limit, refused) -> rows.add(row(limit, ofStore, refused.sum())));
    refusedByEndpoints.forEach((limit, refused) -> rows.add(row(limit, refused.sum())));
    return rows;
  }

  private static Row row(Limit limit, List<LimitUse> ofStore, long refused) {
    Optional<LimitUse> told =
        ofStore.stream().filter(use -> use.flag().equals(limit.flag())).findFirst();
    Optional<LimitUse> filled = told.filter(_ -> fillsUp(limit));
    return new Row(
        limit.flag(),
        LimitUnit.of(limit),
        filled.map(use -> OptionalLong.of(use.used())).orElseGet(OptionalLong::empty),
        told.map(use -> OptionalDouble.of((double) use.most())).orElseGet(OptionalDouble::empty),
        refused);
  }

  private Row row(RequestLimit limit, long refused) {
    LongSupplier use = uses.get(limit);
    return new Row(
        limit.flag(),
        limit.unit(),
        use == null ? OptionalLong.empty() : OptionalLong.of(use.getAsLong()),
        OptionalDouble.of(limits.most(limit)),
        refused);
  }

  /** False for what each push is measured by alone. */
  private static boolean fillsUp(Limit limit) {
    return switch (limit) {
      case MEMORY, GROUPS, SERIES -> true;
      case SERIES_PER_GROUP, LABEL_LENGTH, FREE_DISK, ENTRY -> false;
    };
  }
}
