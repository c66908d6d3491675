package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.GroupListing;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.UpdateCodec;
import io.silverback.server.storage.replica.WholeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The groups of the whole cluster, as its members report those that they show: nothing, unless
 * every slot is shown by a member that answers. Thread-safe; each call waits for answers.
 *
 * <p>All methods throw {@link StoreNotReadyException} if a member does not answer.
 */
final class ClusterGroups {
  /** Of a page: that many bytes wait on the heap for each member. */
  private static final int PAGE_BYTES = 1024 * 1024;

  private static final int KEYS_AT_ONCE = 1024;

  /** Questions are answered one after the other, so none may take long. */
  private static final int MOST_REHEARSED = 16 << 20;

  private static final byte[] FROM_THE_START = {};

  private final ClusterNode node;
  private final Duration patience;

  /**
   * The groups that the members of the node's view show.
   *
   * @param patience how long to wait for each answer
   */
  ClusterGroups(ClusterNode node, Duration patience) {
    this.node = node;
    this.patience = patience;
  }

  int count() {
    var questions = askAll(new ServerQuestion.Count());
    int slots = 0;
    int groups = 0;
    for (Asked asked : questions) {
      if (await(asked) instanceof ServerAnswer.Counted(int shown, int found)) {
        slots += shown;
        groups += found;
      } else {
        throw Asked.senseless(asked.member());
      }
    }
    MemberQuestions.requireAll(slots);
    return groups;
  }

  /** The group as its leader has it; empty if it does not exist. */
  Optional<GroupState> group(GroupingKey key) {
    byte[] encoded = GroupKeys.encode(key);
    Member leader = leaderOf(encoded);
    if (!(await(ask(leader, new ServerQuestion.States(List.of(encoded), PAGE_BYTES)))
            instanceof ServerAnswer.Told(var told))
        || told.size() != 1) {
      throw Asked.senseless(leader);
    }
    byte[] state = told.getFirst();
    return state.length == 0
        ? Optional.empty()
        : WholeState.decode(state).filter(GroupState::exists);
  }

  /** What the leader of its group would do with an update. */
  MetricStore.Rehearsal rehearse(GroupUpdate update) {
    Member leader = leaderOf(GroupKeys.encode(update.key()));
    byte[] encoded = UpdateCodec.encode(update);
    if (encoded.length > MOST_REHEARSED) {
      throw new StoreNotReadyException(
          "too large to be tried in a cluster, push it or try a part: bytes="
              + encoded.length
              + " limit="
              + MOST_REHEARSED);
    }
    if (await(ask(leader, new ServerQuestion.Rehearse(encoded)))
        instanceof ServerAnswer.Rehearsed(var rehearsal)) {
      return rehearsal.ledBy(leader.nodeId());
    }
    throw Asked.senseless(leader);
  }

  private Member leaderOf(byte[] key) {
    View view = MemberQuestions.view(node);
    SlotTable.Tenure tenure = view.slots().tenure(HashRing.slotOf(key));
    return view.member(tenure.nodeId(), tenure.incarnation())
        .orElseThrow(
            () ->
                new StoreNotReadyException(
                    "nobody leads the slot of the group now, try again later"));
  }

  /** Hands over the key of every group, member by member. */
  void names(Consumer<GroupingKey> consumer) {
    for (Feed feed : feeds(FROM_THE_START)) {
      while (true) {
        feed.keys.forEach(key -> consumer.accept(GroupKeys.decode(key)));
        if (feed.isLast) {
          break;
        }
        feed.nextPage();
      }
    }
  }

  /** All groups in the order of their keys; asks for each of them shortly before it is read. */
  GroupListing listing() {
    return listing(feeds(FROM_THE_START));
  }

  /** The same of the groups after a key. */
  GroupListing listingAfter(GroupingKey key) {
    return listing(feeds(GroupKeys.encode(key)));
  }

  private static GroupListing listing(List<Feed> feeds) {
    return new GroupListing() {
      @Override
      public Iterable<ListedGroup> listedGroups() {
        return () -> new Merged(feeds);
      }

      @Override
      public void close() {}
    };
  }

  private List<Feed> feeds(byte[] after) {
    var feeds = new ArrayList<Feed>();
    int slots = 0;
    for (Asked asked : askAll(new ServerQuestion.Names(after, PAGE_BYTES))) {
      if (await(asked) instanceof ServerAnswer.Named named) {
        feeds.add(new Feed(asked.member(), named));
        slots += named.slots();
      } else {
        throw Asked.senseless(asked.member());
      }
    }
    MemberQuestions.requireAll(slots);
    return feeds;
  }

  private List<Asked> askAll(ServerQuestion question) {
    return MemberQuestions.storing(node).stream().map(member -> ask(member, question)).toList();
  }

  private Asked ask(Member member, ServerQuestion question) {
    return Asked.ask(node, member, question);
  }

  private ServerAnswer await(Asked asked) {
    return asked.await(patience.toNanos());
  }

  /** The groups of one member, a page of keys and some states at a time. Not thread-safe. */
  private final class Feed {
    private final Member member;
    private List<byte[]> keys;
    private boolean isLast;
    private int nextKey;
    private List<GroupState> states = List.of();
    private int nextState;

    private Feed(Member member, ServerAnswer.Named first) {
      this.member = member;
      this.keys = first.keys();
      this.isLast = first.isLast();
    }

    /** The group that comes next; empty after the last. */
    private Optional<GroupState> peek() {
      while (nextState == states.size()) {
        if (nextKey < keys.size()) {
          nextStates();
        } else if (isLast) {
          return Optional.empty();
        } else {
          nextPage();
        }
      }
      return Optional.of(states.get(nextState));
    }

    private void skip() {
      nextState++;
    }

    private void nextPage() {
      var question = new ServerQuestion.Names(keys.getLast(), PAGE_BYTES);
      if (!(await(ask(member, question)) instanceof ServerAnswer.Named(_, var last, var page))
          || (page.isEmpty() && !last)) {
        throw Asked.senseless(member);
      }
      keys = page;
      isLast = last;
      nextKey = 0;
    }

    private void nextStates() {
      List<byte[]> wanted = keys.subList(nextKey, Math.min(keys.size(), nextKey + KEYS_AT_ONCE));
      var question = new ServerQuestion.States(wanted, PAGE_BYTES);
      if (!(await(ask(member, question)) instanceof ServerAnswer.Told(var told))
          || told.isEmpty()
          || told.size() > wanted.size()) {
        throw Asked.senseless(member);
      }
      nextKey += told.size();
      states =
          told.stream()
              .filter(state -> state.length > 0)
              .flatMap(state -> WholeState.decode(state).stream())
              .toList();
      nextState = 0;
    }
  }

  /** Takes the smallest of what comes next; a group that moved meanwhile is told once. */
  private static final class Merged implements Iterator<ListedGroup> {
    private final List<Feed> feeds;

    private Merged(List<Feed> feeds) {
      this.feeds = feeds;
    }

    @Override
    public boolean hasNext() {
      return feeds.stream().anyMatch(feed -> feed.peek().isPresent());
    }

    @Override
    public ListedGroup next() {
      GroupState smallest =
          feeds.stream()
              .flatMap(feed -> feed.peek().stream())
              .min(Comparator.comparing(GroupState::key))
              .orElseThrow(NoSuchElementException::new);
      for (Feed feed : feeds) {
        if (feed.peek().filter(group -> group.key().equals(smallest.key())).isPresent()) {
          feed.skip();
        }
      }
      return ListedGroup.of(smallest);
    }
  }
}
