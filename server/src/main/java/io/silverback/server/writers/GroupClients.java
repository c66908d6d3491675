package io.silverback.server.writers;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.log.ShortText;
import io.silverback.server.storage.KeyBatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Who pushes to which group: the clients that pushed to it last, each by its address and what it
 * says that it is.
 *
 * <p>Thread-safe, and of fixed size: the group that no push came for longest is forgotten first.
 * What is known of a group outlives its deletion, as its clients do.
 */
public final class GroupClients {
  /** Of a group. */
  public static final int MOST = 8;

  /** Groups are spread over that many tables by their keys, so that few wait for one another. */
  private static final int TABLES = 16;

  private static final int CLIENTS_OF_A_TABLE = 512;

  /** What the keys of a table weigh at most. */
  private static final long KEYS_OF_A_TABLE = 512 << 10;

  /** A longer key is not remembered: it would take the place of many. */
  private static final long HEAVIEST_KEY = 8 << 10;

  private static final int LONGEST_ADDRESS = 64;
  private static final int LONGEST_AGENT = 128;
  private static final int LONGEST_REASON = 250;

  private static final Comparator<Client> BY_NAME =
      Comparator.comparing(Client::address).thenComparing(Client::agent);

  private static final Comparator<Client> NEWEST_FIRST =
      Comparator.comparingLong(Client::lastMillis).reversed().thenComparing(BY_NAME);

  private final List<Table> tables = Stream.generate(Table::new).limit(TABLES).toList();
  private final LongSupplier wallMillis;

  /**
   * Nobody has pushed yet.
   *
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  public GroupClients(LongSupplier wallMillis) {
    this.wallMillis = wallMillis;
  }

  /**
   * A client of a group, with what came of it. Times are in milliseconds since the epoch, 0 if
   * there was none.
   *
   * @param address without a port, as far as it is known
   * @param agent what the client says that it is; empty if it does not
   * @param pushMillis when a push of it was taken last
   * @param refusalMillis when one was refused last
   * @param reason of that refusal; empty if there was none
   */
  public record Client(
      String address,
      String agent,
      long pushMillis,
      long pushes,
      long refusalMillis,
      long refusals,
      String reason) {
    private Client withPush(long nowMillis) {
      return new Client(address, agent, nowMillis, pushes + 1, refusalMillis, refusals, reason);
    }

    private Client withRefusal(long nowMillis, String why) {
      return new Client(address, agent, pushMillis, pushes, nowMillis, refusals + 1, why);
    }

    /** The same client, as two servers know it. */
    private Client and(Client other) {
      return new Client(
          address,
          agent,
          Math.max(pushMillis, other.pushMillis),
          pushes + other.pushes,
          Math.max(refusalMillis, other.refusalMillis),
          refusals + other.refusals,
          refusalMillis >= other.refusalMillis ? reason : other.reason);
    }

    private long lastMillis() {
      return Math.max(pushMillis, refusalMillis);
    }
  }

  /** By the time of the last push; guarded by itself. */
  private static final class Table {
    private final LinkedHashMap<GroupingKey, List<Client>> groups = new LinkedHashMap<>();
    private int clients;
    private long weight;

    /** Changes a client, which is the last one that pushed then. */
    private void see(GroupingKey key, String address, String agent, UnaryOperator<Client> change) {
      List<Client> known = groups.get(key);
      if (known == null) {
        known = new ArrayList<>(1);
        weight += KeyBatch.weightOf(key);
      }
      groups.putLast(key, known);
      int place = place(known, address, agent);
      if (place < 0) {
        clients++;
        known.addFirst(change.apply(new Client(address, agent, 0, 0, 0, 0, "")));
      } else {
        known.addFirst(change.apply(known.remove(place)));
      }
      if (known.size() > MOST) {
        clients--;
        known.removeLast();
      }
      while (clients > CLIENTS_OF_A_TABLE || weight > KEYS_OF_A_TABLE) {
        Map.Entry<GroupingKey, List<Client>> eldest = groups.pollFirstEntry();
        clients -= eldest.getValue().size();
        weight -= KeyBatch.weightOf(eldest.getKey());
      }
    }

    private static int place(List<Client> known, String address, String agent) {
      for (int i = 0; i < known.size(); i++) {
        if (known.get(i).address().equals(address) && known.get(i).agent().equals(agent)) {
          return i;
        }
      }
      return -1;
    }
  }

  /** A push was taken. */
  public void pushed(GroupingKey key, String address, String agent) {
    long nowMillis = wallMillis.getAsLong();
    see(key, address, agent, client -> client.withPush(nowMillis));
  }

  /** A push was refused. */
  public void refused(GroupingKey key, String address, String agent, String reason) {
    long nowMillis = wallMillis.getAsLong();
    String why = ShortText.of(reason, LONGEST_REASON);
    see(key, address, agent, client -> client.withRefusal(nowMillis, why));
  }

  private void see(GroupingKey key, String address, String agent, UnaryOperator<Client> change) {
    if (KeyBatch.weightOf(key) > HEAVIEST_KEY) {
      return;
    }
    String shortAddress = ShortText.of(address, LONGEST_ADDRESS);
    String shortAgent = ShortText.of(agent, LONGEST_AGENT);
    Table table = tableOf(key);
    synchronized (table) {
      table.see(key, shortAddress, shortAgent, change);
    }
  }

  /** Those that are known of a group, the last one first. */
  public List<Client> of(GroupingKey key) {
    Table table = tableOf(key);
    synchronized (table) {
      return List.copyOf(table.groups.getOrDefault(key, List.of()));
    }
  }

  /** What several servers know of the clients of a group, as one of them would know it. */
  public static List<Client> united(Collection<Client> clients) {
    var all = new TreeMap<Client, Client>(BY_NAME);
    for (Client client : clients) {
      all.merge(client, client, Client::and);
    }
    return all.values().stream().sorted(NEWEST_FIRST).limit(MOST).toList();
  }

  private Table tableOf(GroupingKey key) {
    return tables.get(Math.floorMod(key.hashCode(), TABLES));
  }
}
