package io.silverback.server.member;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.HeldFamily;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The families of several servers, each of which has other groups, in the order of their names.
 * Holds what the readers hold. Not thread-safe.
 *
 * <p>With the consistency check off, two servers may have a series with the same labels. Then that
 * of the server with the smaller key comes first, by the smallest key that each has for the family,
 * as the key of each series is not sent.
 */
final class ClusterFamilies implements Iterator<HeldFamily> {
  private static final Comparator<Labels> ORDER = Labels.expositionOrder();

  private final List<PieceReader> servers;
  private List<PieceReader> holders = List.of();

  ClusterFamilies(List<PieceReader> servers) {
    this.servers = servers;
  }

  @Override
  public boolean hasNext() {
    holders.forEach(PieceReader::nextFamily);
    holders = List.of();
    return servers.stream().anyMatch(server -> server.head().isPresent());
  }

  @Override
  public HeldFamily next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no more families");
    }
    String name =
        servers.stream()
            .flatMap(server -> server.head().stream())
            .map(PieceReader.Head::name)
            .min(Comparator.naturalOrder())
            .orElseThrow();
    holders =
        servers.stream()
            .filter(server -> server.head().filter(head -> head.name().equals(name)).isPresent())
            .sorted(Comparator.comparing(server -> headOf(server).key()))
            .toList();
    return new Merged(holders);
  }

  private static PieceReader.Head headOf(PieceReader server) {
    return server.head().orElseThrow();
  }

  /** A family of some servers, in the order of their smallest keys. */
  private record Merged(List<PieceReader> holders) implements HeldFamily {
    private PieceReader.Head first() {
      return headOf(holders.getFirst());
    }

    @Override
    public String name() {
      return first().name();
    }

    @Override
    public MetricType type() {
      return first().type();
    }

    @Override
    public String help() {
      return first().help();
    }

    @Override
    public String unit() {
      return first().unit();
    }

    @Override
    public GroupingKey smallestKey() {
      return first().key();
    }

    @Override
    public void forEachHead(HeadSink sink) {
      for (PieceReader holder : holders) {
        for (PieceReader.Said said : headOf(holder).said()) {
          sink.head(said.type(), said.help(), 1, Math.clamp(said.metrics(), 0, Integer.MAX_VALUE));
          if (!said.otherHelp().equals(said.help())) {
            sink.head(said.type(), said.otherHelp(), 1, 0);
          }
        }
      }
    }

    @Override
    public void forEachMetric(MetricType type, Consumer<? super Metric> consumer) {
      holders.forEach(holder -> holder.toMetricsOf(type));
      while (true) {
        PieceReader smallest = null;
        Labels labels = Labels.EMPTY;
        for (PieceReader holder : holders) {
          Metric metric = holder.peek();
          if (metric != null && (smallest == null || ORDER.compare(metric.labels(), labels) < 0)) {
            smallest = holder;
            labels = metric.labels();
          }
        }
        if (smallest == null) {
          return;
        }
        Metric metric = smallest.peek();
        smallest.skip();
        if (metric != null) {
          consumer.accept(metric);
        }
      }
    }

    @Override
    public boolean hasMetric(MetricType type, Predicate<? super Metric> wanted) {
      for (PieceReader holder : holders) {
        holder.toMetricsOf(type);
        for (Metric metric = holder.peek(); metric != null; metric = holder.peek()) {
          if (wanted.test(metric)) {
            return true;
          }
          holder.skip();
        }
      }
      return false;
    }
  }
}
