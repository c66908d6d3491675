package io.silverback.server.limits;

import io.silverback.server.storage.Limit;
import io.silverback.server.storage.LimitUse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How full every limit is, of requests and of the store, and how many requests it turned away.
 *
 * <p>Thread-safe; what is watched is set up before the first request.
 */
public final class LimitBoard {
  private final RequestLimits limits;
  private final Map<RequestLimit, LongSupplier> uses = new EnumMap<>(RequestLimit.class);
  private final Map<RequestLimit, LongAdder> refusedByEndpoints = new EnumMap<>(RequestLimit.class);
  private final Map<Limit, LongAdder> refusedByStore = new EnumMap<>(Limit.class);
  private volatile Supplier<List<LimitUse>> store = List::of;

  /**
   * A limit as it stands.
   *
   * @param used 0 for what each request is measured by alone
   * @param most 0 for any number
   * @param refused since the start
   */
  public record Row(String flag, long used, long most, long refused) {}

  public LimitBoard(RequestLimits limits) {
    this.limits = limits;
    for (RequestLimit limit : RequestLimit.values()) {
      uses.put(limit, () -> 0);
      refusedByEndpoints.put(limit, new LongAdder());
    }
    for (Limit limit : Limit.values()) {
      refusedByStore.put(limit, new LongAdder());
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
    refusedByEndpoints.computeIfAbsent(limit, _ -> new LongAdder()).increment();
  }

  public void countRefused(Limit limit) {
    refusedByStore.computeIfAbsent(limit, _ -> new LongAdder()).increment();
  }

  /** Always the same limits in the same order. */
  public List<Row> rows() {
    var rows = new ArrayList<Row>();
    List<LimitUse> ofStore = store.get();
    refusedByStore.forEach(
        (limit, refused) -> {
          LimitUse use =
              ofStore.stream()
                  .filter(candidate -> candidate.flag().equals(limit.flag()))
                  .findFirst()
                  .orElse(new LimitUse(limit.flag(), 0, 0));
          rows.add(new Row(limit.flag(), use.used(), use.most(), refused.sum()));
        });
    refusedByEndpoints.forEach(
        (limit, refused) ->
            rows.add(new Row(limit.flag(), usedOf(limit), limits.most(limit), refused.sum())));
    return rows;
  }

  private long usedOf(RequestLimit limit) {
    LongSupplier use = uses.get(limit);
    return use == null ? 0 : use.getAsLong();
  }
}
