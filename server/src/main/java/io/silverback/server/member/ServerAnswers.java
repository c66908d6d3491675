package io.silverback.server.member;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.handler.ClusterInfo;
import io.silverback.server.handler.GroupFinder;
import io.silverback.server.handler.JobTotals;
import io.silverback.server.handler.JobTraffic;
import io.silverback.server.handler.Problems;
import io.silverback.server.handler.StoredCardinality;
import io.silverback.server.handler.StoredGroupFinder;
import io.silverback.server.handler.StoredJobs;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.OffHeapReplicaStore;
import io.silverback.server.storage.replica.UpdateCodec;
import io.silverback.server.writers.GroupClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** Answers what other servers ask about this one and its groups. Thread-safe. */
final class ServerAnswers implements BiFunction<Member, byte[], byte[]> {
  /** Whatever a question asks for. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private static final ServerAnswer NO_LEASE =
      new ServerAnswer.Withheld("the server may not lead now");

  private final LocalStore local;
  private final OffHeapReplicaStore replicas;
  private final Supplier<Exposure> exposure;
  private final PieceStreams streams;
  private final MemoryPool queryMemory;
  private final JobTraffic traffic;
  private final Problems problems;
  private final GroupClients clients;
  private final Supplier<Optional<View>> view;
  private final Supplier<ClusterInfo.Word> word;
  private final ClusterPushes pushes;

  /**
   * The answers about a store.
   *
   * @param streams those that other servers read from this one
   * @param queryMemory what queries of history take from
   * @param traffic what jobs do at this server
   * @param problems what clients of this server have trouble with
   * @param clients who pushes to which group at this server
   * @param view the newest one that this server knows
   * @param word how this server stands
   * @param pushes what it knows of remote write
   */
  ServerAnswers(
      LocalStore local,
      OffHeapReplicaStore replicas,
      Supplier<Exposure> exposure,
      PieceStreams streams,
      MemoryPool queryMemory,
      JobTraffic traffic,
      Problems problems,
      GroupClients clients,
      Supplier<Optional<View>> view,
      Supplier<ClusterInfo.Word> word,
      ClusterPushes pushes) {
    this.local = local;
    this.replicas = replicas;
    this.exposure = exposure;
    this.streams = streams;
    this.queryMemory = queryMemory;
    this.traffic = traffic;
    this.problems = problems;
    this.clients = clients;
    this.view = view;
    this.word = word;
    this.pushes = pushes;
  }

  @Override
  public byte[] apply(Member asker, byte[] question) {
    // Other questions wait for the end of this one.
    var deadline = Deadline.of(LONGEST, System::nanoTime, () -> false);
    deadline.begin();
    return deadline.call(() -> answer(asker, question)).encode();
  }

  private ServerAnswer answer(Member asker, byte[] question) {
    try {
      return switch (ServerQuestion.decode(question)) {
        case ServerQuestion.Count() -> shown(this::count);
        case ServerQuestion.Names(var after, int most) ->
            shown(slots -> names(slots, after, bounded(most)));
        case ServerQuestion.States(var keys, int most) -> shown(_ -> states(keys, bounded(most)));
        case ServerQuestion.Part() -> new ServerAnswer.Stood(word.get());
        case ServerQuestion.Copy(var key) -> new ServerAnswer.Had(replicas.copy(key));
        case ServerQuestion.Led() -> shown(this::leads);
        case ServerQuestion.Stream(var slots) ->
            streams.open(new ShownFamilies(local, exposure, BitSet.valueOf(slots)));
        case ServerQuestion.Next(var stream, boolean again) -> streams.next(stream, again);
        case ServerQuestion.End(var stream) -> streams.end(stream);
        case ServerQuestion.History history ->
            streams.open(HistoryWriter.of(local, history.query(), queryMemory));
        case ServerQuestion.Pushes(var slots, long from, long to) ->
            streams.open(HistoryWriter.ofPushes(local, slots, from, to, queryMemory));
        case ServerQuestion.Reach(var target, var reached) -> {
          pushes.hear(asker, target, reached);
          yield new ServerAnswer.There(List.of());
        }
        case ServerQuestion.Where(var target, var slots) ->
            new ServerAnswer.There(pushes.reached(target, slots));
        case ServerQuestion.Heaviest(var order) ->
            shown(slots -> new ServerAnswer.Weighed(slots(slots), jobs(slots).heaviest(order)));
        case ServerQuestion.Jobs(var names) ->
            shown(slots -> new ServerAnswer.Summed(slots(slots), jobs(slots).totals(names)));
        case ServerQuestion.Find(var query) ->
            shown(slots -> new ServerAnswer.Found(slots(slots), finder(slots).find(query)));
        case ServerQuestion.Complaints() ->
            new ServerAnswer.Complained(problems.report().problems());
        case ServerQuestion.Clients(var key) ->
            new ServerAnswer.Pushing(clients.of(GroupKeys.decode(key)));
        case ServerQuestion.Rank(var query) ->
            shown(
                slots ->
                    new ServerAnswer.Ranked(
                        slots(slots), new StoredCardinality(shapes(slots)).rank(query)));
        case ServerQuestion.Rehearse(var update) -> {
          GroupUpdate decoded = UpdateCodec.decode(update);
          yield shown(slots -> rehearse(slots, decoded));
        }
      };
    } catch (MalformedBytesException | MalformedSelectorException | StoreNotReadyException e) {
      return new ServerAnswer.Withheld(String.valueOf(e.getMessage()));
    } catch (DeadlineException _) {
      return new ServerAnswer.Withheld("a look at all groups took too long");
    } catch (StoreClosedException _) {
      return new ServerAnswer.Withheld("shutting down");
    }
  }

  /** What is read of the groups that this server shows. */
  private ServerAnswer shown(Function<IntPredicate, ServerAnswer> read) {
    while (true) {
      Exposure shown = exposure.get();
      ServerAnswer answer = read.apply(shown.slots());
      // Of a slot that was handed over meanwhile, some may be from before that.
      if (shown.isWhole().getAsBoolean()) {
        // What was read while the lease ran out may be old.
        return shown.holds().getAsBoolean() ? answer : NO_LEASE;
      }
    }
  }

  private ServerAnswer rehearse(IntPredicate shown, GroupUpdate update) {
    return isShown(update.key(), shown)
        ? new ServerAnswer.Rehearsed(local.rehearse(update))
        : new ServerAnswer.Withheld("the server does not lead the group any more");
  }

  private JobTotals jobs(IntPredicate shown) {
    return new StoredJobs(sizes(shown), traffic);
  }

  private GroupFinder finder(IntPredicate shown) {
    return new StoredGroupFinder(sizes(shown), System::currentTimeMillis);
  }

  private Consumer<MetricStore.SizeSink> sizes(IntPredicate shown) {
    return sink ->
        local.sizes(
            (key, bounds, series, bytes) -> {
              if (isShown(key, shown)) {
                sink.group(key, bounds, series, bytes);
              }
            });
  }

  private Consumer<MetricStore.ShapeSink> shapes(IntPredicate shown) {
    return sink ->
        local.shapes(
            (key, shape, held) -> {
              if (isShown(key, shown)) {
                sink.group(key, shape, held);
              }
            });
  }

  private ServerAnswer leads(IntPredicate shown) {
    SlotTable table = view.get().map(View::slots).orElse(SlotTable.EMPTY);
    var epochs = new TreeMap<Integer, Long>();
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      if (shown.test(slot)) {
        epochs.put(slot, table.tenure(slot).epoch());
      }
    }
    return new ServerAnswer.Leads(epochs);
  }

  private ServerAnswer count(IntPredicate shown) {
    int[] groups = {0};
    local.names(key -> groups[0] += isShown(key, shown) ? 1 : 0);
    return new ServerAnswer.Counted(slots(shown), groups[0]);
  }

  private ServerAnswer names(IntPredicate shown, byte[] after, int most) {
    KeyBatch batch =
        after.length == 0 ? KeyBatch.first(most) : KeyBatch.after(GroupKeys.decode(after), most);
    local.names(
        key -> {
          if (isShown(key, shown)) {
            batch.offer(key);
          }
        });
    List<byte[]> keys = batch.keys().stream().map(GroupKeys::encode).toList();
    return new ServerAnswer.Named(slots(shown), batch.next().isEmpty(), keys);
  }

  private ServerAnswer states(List<byte[]> keys, int most) {
    var states = new ArrayList<byte[]>();
    int left = most;
    for (byte[] key : keys) {
      byte[] state = replicas.wholeState(key).orElse(new byte[0]);
      left -= state.length;
      if (left < 0 && !states.isEmpty()) {
        break;
      }
      states.add(state);
    }
    return new ServerAnswer.Told(states);
  }

  private boolean isShown(GroupingKey key, IntPredicate shown) {
    return shown.test(HashRing.slotOf(GroupKeys.encode(key)));
  }

  private static int slots(IntPredicate shown) {
    int slots = 0;
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      slots += shown.test(slot) ? 1 : 0;
    }
    return slots;
  }

  private static int bounded(int most) {
    return Math.clamp(most, 1, MOST_BYTES);
  }
}
