package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import java.util.List;
import java.util.Optional;

/**
 * Processes that have the name or the files of a member that lives, as one has that was started on
 * a copied disk. They get no seat, and the log says so. Belongs to the loop.
 *
 * <p>Each member says it, not only the one that proposes: that may be the original, which refuses
 * the connections of the other and never hears it.
 */
final class Doubles {
  private static final System.Logger logger = System.getLogger(Doubles.class.getName());

  private final Member self;
  private final Peers peers;
  private List<Member> told = List.of();

  Doubles(Member self, Peers peers) {
    this.self = self;
    this.peers = peers;
  }

  /** Of two with the files of one, the log of views would know only one. */
  static boolean isOne(View view, Member stranger) {
    return view.members().stream().anyMatch(seated -> isOneOf(stranger, seated));
  }

  private static boolean isOneOf(Member stranger, Member seated) {
    return stranger.isSameNode(seated) || stranger.storeId() == seated.storeId();
  }

  /** Says it once of each of those that have no seat. */
  void tell(View view, List<Member> strangers) {
    List<Member> doubles =
        strangers.stream()
            .filter(
                stranger ->
                    view.members().stream()
                        .anyMatch(
                            seated -> isOneOf(stranger, seated) && livesBeside(seated, stranger)))
            .toList();
    doubles.stream().filter(stranger -> !told.contains(stranger)).forEach(Doubles::log);
    told = doubles;
  }

  /** True once the one is heard after the other, of which it could be the process before. */
  private boolean livesBeside(Member seated, Member stranger) {
    Optional<Peers.Heard> other = peers.of(stranger);
    return other.isPresent()
        && (seated.isSameProcess(self)
            || peers
                .of(seated)
                .filter(heard -> heard.ourNanos() - other.get().firstNanos() > 0)
                .isPresent());
  }

  private static void log(Member stranger) {
    logger.log(
        System.Logger.Level.WARNING,
        "a second node has the name or the store id of a member, so it is not admitted; give it"
            + " another --cluster.node-id and a folder that is no copy",
        entry("node", stranger.nodeId()),
        entry("process", Long.toHexString(stranger.incarnation())),
        entry("peer", stranger.peerAddress()));
  }
}
